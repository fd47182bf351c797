//! The program: arguments in, an exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    hook64::run(std::env::args_os())
}
