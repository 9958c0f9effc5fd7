/** Names that a client may claim, and that must do nothing but be read. */
export const HOSTILE_NAMES: Readonly<Record<string, string>> = {
  html: `<img src=x onerror=alert(1)>`,
  script: `"><script>alert(document.domain)</script>`,
  template: "{{constructor.constructor('alert(1)')()}}",
  url: "javascript:alert(1)",
  path: "../../v1/keys?q=%00",
  rightToLeft: "שלום-עולם anna (admin) 123",
  confusable: "аnnа",
  long: `${"x".repeat(127)} ${"y".repeat(127)}`,
  withoutSpaces: "w".repeat(255),
  marks: "a\u0301\u0323\u0302\u0303".repeat(8),
  emoji: "👩‍🚒🏴‍☠️".replaceAll("\u200d", "").replaceAll("\ufe0f", ""),
  spaces: "anna  \u2002  admin",
  words: "trusted",
};
