//!     /nothing                  returns without an answer
//!     /trap                     traps before there is an answer
//!     /trap-after               answers `five ` of a longer body, then traps
//!     /unfinished               answers `five `, then drops the body without finishing it
//!     /error                    answers with an error code instead of a response

use wasip2::http::types::{ErrorCode, Fields, ResponseOutparam};

use crate::answers::Body;

pub fn commit(name: &str, out: ResponseOutparam) {
    match name {
        "nothing" => {}
        "trap" => panic!("a trap that was asked for"),
        "trap-after" => {
            begin(out);
            panic!("a trap that was asked for");
        }
        "unfinished" => begin(out).abandon(),
        _ => ResponseOutparam::set(out, Err(ErrorCode::InternalError(Some("asked for".into())))),
    }
}

fn begin(out: ResponseOutparam) -> Body {
    let mut body = Body::begin(out, 200, Fields::new());
    body.stream().blocking_write_and_flush(b"five ").expect("a client that listens");
    body
}
