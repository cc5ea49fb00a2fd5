//!     /echo                     the request's body, piece by piece as it comes, with its content-type
//!     /splice                   the same by wasi:io's splice
//!     /drain                    reads the request's body, then says how many bytes it had
//!     /big/N                    N bytes, all `x`, without a content-length
//!     /length/DECLARED/N        content-length DECLARED, and N bytes
//!     /trailers                 reads the request's body; answers its length, with the request's trailers

use std::io::Write;

use wasip2::http::types::{Fields, IncomingBody, IncomingRequest, ResponseOutparam, Trailers};
use wasip2::io::streams::{InputStream, OutputStream, StreamError};

use crate::answers::{field, text, Body};

// What blocking-write-and-flush takes at once.
const PIECE: u64 = 4096;

pub fn echo(request: IncomingRequest, out: ResponseOutparam) {
    answer_from(request, out, copy);
}

pub fn splice(request: IncomingRequest, out: ResponseOutparam) {
    answer_from(request, out, |from, to| loop {
        to.blocking_splice(from, PIECE)?;
        to.blocking_flush()?;
    });
}

// Sends the head before any of the request's body is read. `pass` ends by an error: a closed stream where all is well.
fn answer_from(
    request: IncomingRequest,
    out: ResponseOutparam,
    pass: impl FnOnce(&InputStream, &OutputStream) -> Result<(), StreamError>,
) {
    let content_type = request.headers().get("content-type");
    let incoming = request.consume().expect("the body, which is taken once");
    let from = incoming.stream().expect("the stream, which is taken once");
    let fields = Fields::new();
    fields.set("content-type", &content_type).expect("an allowed field");
    let mut body = Body::begin(out, 200, fields);
    match pass(&from, body.stream()) {
        Ok(()) | Err(StreamError::Closed) => body.finish(None),
        Err(StreamError::LastOperationFailed(_)) => body.abandon(),
    }
}

/// Copies until `from` ends.
pub fn copy(from: &InputStream, to: &OutputStream) -> Result<(), StreamError> {
    loop {
        match from.blocking_read(PIECE) {
            Ok(piece) => to.blocking_write_and_flush(&piece)?,
            Err(StreamError::Closed) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

// Reads to the end, and answers how many bytes there were and which trailers.
fn read_all(request: &IncomingRequest) -> (u64, Option<Trailers>) {
    let incoming = request.consume().expect("the body, which is taken once");
    let stream = incoming.stream().expect("the stream, which is taken once");
    let mut total = 0;
    while let Ok(skipped) = stream.blocking_skip(PIECE) {
        total += skipped;
    }
    drop(stream);
    let future = IncomingBody::finish(incoming);
    future.subscribe().block();
    let trailers = future.get().and_then(Result::ok).and_then(Result::ok).flatten();
    (total, trailers)
}

pub fn drain(request: IncomingRequest, out: ResponseOutparam) {
    let (total, _) = read_all(&request);
    text(out, 200, &total.to_string());
}

pub fn trailers(request: IncomingRequest, out: ResponseOutparam) {
    let (total, trailers) = read_all(&request);
    let mut body = Body::begin(out, 200, Fields::new());
    let _ = body.stream().write_all(total.to_string().as_bytes());
    // What came is immutable; a clone of it is not.
    body.finish(trailers.map(|trailers| trailers.clone()));
}

pub fn big(out: ResponseOutparam, bytes: u64) {
    let mut body = Body::begin(out, 200, Fields::new());
    fill(body.stream(), bytes);
    body.finish(None);
}

pub fn length(out: ResponseOutparam, declared: &str, bytes: u64) {
    let Ok(fields) = Fields::from_list(&[field("content-length", declared)]) else {
        return text(out, 400, "no length");
    };
    let mut body = Body::begin(out, 200, fields);
    fill(body.stream(), bytes);
    body.finish(None);
}

fn fill(stream: &mut OutputStream, bytes: u64) {
    let piece = [b'x'; PIECE as usize];
    let mut left = bytes;
    while left > 0 {
        let size = left.min(PIECE);
        if stream.write_all(&piece[..size as usize]).is_err() {
            return;
        }
        left -= size;
    }
    let _ = stream.flush();
}
