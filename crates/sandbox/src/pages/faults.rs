//! The fault panel.

use std::fmt::Write as _;

use axum::response::Response;

use super::{escape, page};
use crate::faults::Rule;
use crate::state::State;

const FORM: &str = r#"<h2>Add a fault</h2>
<form method="post" action="/_faults">
<label>Method, path or <code>*</code>
<input name="match" required value="com.atproto.repo.putRecord" size="40" list="methods"></label>
<datalist id="methods"><option value="com.atproto.repo.createRecord"><option
value="com.atproto.repo.putRecord"><option value="com.atproto.repo.getRecord"><option
value="com.atproto.server.createSession"><option value="com.atproto.server.refreshSession"><option
value="/webhook/"><option value="POST /api/v1/statuses"><option value="POST /api/v2/media"><option
value="POST /v1.0/me/threads_publish"><option value="POST /v26.0/"></datalist>
<label>Only for this account (<code>user@instance</code>) or inbox <input name="account" size="30"></label>
<label>Only for this instance <input name="instance" size="30"></label>
<label>Only with this text in what is sent <input name="contains" size="30"></label>
<label>Let the first calls through <input name="skip" type="number" min="0" value="0"></label>
<label>Then hit this many <input name="count" type="number" min="1" value="1"></label>
<label>What goes wrong <select name="kind">
<option value="status">another status</option>
<option value="delay">a delay</option>
<option value="rate_limit">too many requests</option>
<option value="rate_limit_silent">too many requests, without a time</option>
<option value="drop">the connection closes without an answer</option>
<option value="cut">the connection closes while the request is being sent</option>
<option value="truncate">the answer breaks off in the middle</option>
<option value="revoke">the account's sessions end</option>
<option value="expire">the access token is over</option>
<option value="lag">a listing that lags</option>
<option value="fail_processing">what is uploaded cannot be processed</option>
</select></label>
<label>Status <input name="code" type="number" min="400" max="599" value="500"></label>
<label>Delay in milliseconds <input name="ms" type="number" min="0" value="5000"></label>
<label>Seconds until calls are allowed again
<input name="retry_after_s" type="number" min="0" value="60"></label>
<label><input name="after_accept" type="checkbox"> Take the request in first</label>
<p><button>Add</button></p></form>"#;

/// The rules and a form for one more.
pub(crate) fn show(state: &State) -> Response {
    let mut body = "<p>Rules apply to the next calls that match, in the order given.</p>".to_owned();
    let rules = state.faults.rules();
    if rules.is_empty() {
        body.push_str("<p>No rules: everything works.</p>");
    } else {
        body.push_str(&table(rules));
        body.push_str("<form method=\"post\" action=\"/_faults/clear\"><button>Remove all</button></form>");
    }
    page("Fault panel", &(body + FORM))
}

fn table(rules: &[Rule]) -> String {
    let mut out = "<table><thead><tr><th scope=\"col\">Calls</th><th scope=\"col\">Account</th>\
        <th scope=\"col\">Fault</th><th scope=\"col\">Let through</th><th scope=\"col\">Left</th>\
        <th scope=\"col\">Hit</th></tr></thead><tbody>"
        .to_owned();
    for rule in rules {
        let kind = serde_json::json!(rule.kind).to_string();
        let account = rule.account.as_deref().or(rule.instance.as_deref()).unwrap_or("any");
        let _ = write!(
            out,
            "<tr><td>{}</td><td>{}</td><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escape(&rule.pattern),
            escape(account),
            escape(&kind),
            rule.skip,
            rule.count,
            rule.fired
        );
    }
    out + "</tbody></table>"
}
