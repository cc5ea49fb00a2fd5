//! Answers that are known as a whole.

use std::io::Write;

use wasip2::http::types::{
    Fields, Headers, OutgoingBody, OutgoingResponse, ResponseOutparam, Trailers,
};
use wasip2::io::streams::OutputStream;

/// A body under way; it is complete once it is finished.
pub struct Body {
    stream: OutputStream,
    body: OutgoingBody,
}

impl Body {
    /// Sends the head of a response and answers where its body goes.
    pub fn begin(out: ResponseOutparam, status: u16, headers: Headers) -> Body {
        let response = OutgoingResponse::new(headers);
        response.set_status_code(status).expect("a status code");
        let body = response.body().expect("the body, which is taken once");
        ResponseOutparam::set(out, Ok(response));
        Body { stream: body.write().expect("the stream, which is taken once"), body }
    }

    pub fn stream(&mut self) -> &mut OutputStream {
        &mut self.stream
    }

    pub fn finish(self, trailers: Option<Trailers>) {
        drop(self.stream);
        // An error tells that the length was wrong or the client is gone; the host knows both.
        let _ = OutgoingBody::finish(self.body, trailers);
    }

    /// Ends it before it is complete.
    pub fn abandon(self) {
        drop(self.stream);
        drop(self.body);
    }
}

pub fn field(name: &str, value: &str) -> (String, Vec<u8>) {
    (name.to_string(), value.as_bytes().to_vec())
}

pub fn text(out: ResponseOutparam, status: u16, text: &str) {
    let length = text.len().to_string();
    let fields = [field("content-type", "text/plain"), field("content-length", &length)];
    let mut body = Body::begin(out, status, Fields::from_list(&fields).expect("allowed fields"));
    let _ = body.stream().write_all(text.as_bytes());
    let _ = body.stream().flush();
    body.finish(None);
}

pub fn headers(out: ResponseOutparam) {
    let fields = [field("x-guest", "one"), field("x-guest", "two"), field("X-Mixed-Case", "kept")];
    Body::begin(out, 200, Fields::from_list(&fields).expect("allowed fields")).finish(None);
}

pub fn status(out: ResponseOutparam, code: &str) {
    let response = OutgoingResponse::new(Fields::new());
    match code.parse().map(|code| response.set_status_code(code)) {
        Ok(Ok(())) => ResponseOutparam::set(out, Ok(response)),
        _ => text(out, 400, "no status code"),
    }
}
