//! The `gdump` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    gdump::cli::main()
}
