//! Writes the adapter by which a command of WASI preview 1 becomes a component:
//!
//!     preview1_adapter >wasi_snapshot_preview1.wasm

use std::io::{self, Write};

use wasi_preview1_component_adapter_provider::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER;

fn main() -> io::Result<()> {
    io::stdout().write_all(WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER)
}
