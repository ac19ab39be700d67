//! The command `evenmatch`.
fn main() -> std::process::ExitCode {
    evenmatch::cli::main()
}
