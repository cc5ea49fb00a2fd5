//! C bindings of a WIT world.
//!
//!     wit_bindgen_c FILE.wit WORLD OUTPUT_DIR
//!
//! Writes WORLD.h, WORLD.c and WORLD_component_type.o, as the program `wit-bindgen c` does.

use std::error::Error;
use std::fs;
use std::path::Path;

use wit_bindgen_c::Opts;
use wit_bindgen_core::{wit_parser::Resolve, Files};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [wit, world, output] = arguments.as_slice() else {
        return Err("usage: wit_bindgen_c FILE.wit WORLD OUTPUT_DIR".into());
    };
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit)?;
    let world = resolve.select_world(&[package], Some(world))?;
    let mut files = Files::default();
    Opts::default().build().generate(&mut resolve, world, &mut files)?;
    for (name, contents) in files.iter() {
        fs::write(Path::new(output).join(name), contents)?;
    }
    Ok(())
}
