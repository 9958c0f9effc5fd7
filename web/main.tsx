import { render } from "preact";

const page = document.querySelector("#page");
if (page !== null) render(<h1>handclasp</h1>, page);
