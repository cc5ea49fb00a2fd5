//! Turns .wast scripts into the JSON form that tests/conformance/script.h reads.
//!
//!     wast2json OUTPUT_DIR FILE.wast...
//!
//! The N-th file (from 0) becomes OUTPUT_DIR/N.json, with its binaries and quoted texts beside it as N.M.wasm and
//! N.M.wat. A quoted text that parses is also there as N.M.wasm. A script that cannot be converted becomes
//! {"source_filename": F, "error": WHY}; only failing to write ends the program with an error.

use std::error::Error;
use std::fs;
use std::path::Path;

use json_from_wast::Opts;
use serde_json::{json, Value};
use wast::parser::{self, ParseBuffer};

type Files = Vec<(String, Vec<u8>)>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let output = arguments.next().ok_or("usage: wast2json OUTPUT_DIR FILE.wast...")?;
    for (number, source) in arguments.enumerate() {
        let (script, files) = convert(&source, number).unwrap_or_else(|error| {
            let script = json!({"source_filename": source, "error": error.to_string()});
            (script, Files::new())
        });
        let directory = Path::new(&output);
        fs::write(directory.join(format!("{number}.json")), script.to_string())?;
        for (name, contents) in files {
            fs::write(directory.join(name), contents)?;
        }
    }
    Ok(())
}

fn convert(source: &str, number: usize) -> Result<(Value, Files), Box<dyn Error>> {
    let contents = fs::read_to_string(source)?;
    let locate = |mut error: wast::Error| {
        error.set_path(Path::new(source));
        error.set_text(&contents);
        error
    };
    let buffer = ParseBuffer::new(&contents).map_err(locate)?;
    let ast = parser::parse::<wast::Wast>(&buffer).map_err(locate)?;
    let script = Opts::default()
        .module_filename(number.to_string())
        .convert(source, &contents, ast)
        .map_err(|error| format!("{error:#}"))?;
    let value = serde_json::to_value(&script)?;
    let parsed = script.wasms.iter().filter_map(parse_quoted).collect::<Files>();
    Ok((value, script.wasms.into_iter().chain(parsed).collect()))
}

/// The binary of a quoted text that parses; what does not parse is what its assertion is about.
fn parse_quoted((name, contents): &(String, Vec<u8>)) -> Option<(String, Vec<u8>)> {
    let stem = name.strip_suffix(".wat")?;
    let text = std::str::from_utf8(contents).ok()?;
    let buffer = ParseBuffer::new(text).ok()?;
    let binary = parser::parse::<wast::Wat>(&buffer).ok()?.encode().ok()?;
    Some((format!("{stem}.wasm"), binary))
}
