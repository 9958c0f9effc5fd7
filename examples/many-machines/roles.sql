-- Two roles: one owns what is kept and migrates it, the other is who machines are, and may call functions alone.
CREATE ROLE handclasp_owner LOGIN;
CREATE ROLE handclasp LOGIN;
CREATE DATABASE handclasp OWNER handclasp_owner;
REVOKE ALL ON DATABASE handclasp FROM PUBLIC;
GRANT CONNECT ON DATABASE handclasp TO handclasp;
\connect handclasp
CREATE SCHEMA handclasp AUTHORIZATION handclasp_owner;
GRANT USAGE ON SCHEMA handclasp TO handclasp;
ALTER DEFAULT PRIVILEGES FOR ROLE handclasp_owner IN SCHEMA handclasp GRANT EXECUTE ON FUNCTIONS TO handclasp;
