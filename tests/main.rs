//! All integration tests in one binary.
mod cases;
mod generated;
mod leaks;
mod properties;
