//! The pages themselves, from the templates beside this file.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use postrider_app::messages;
use postrider_app::publishing::channels::oauth::{Answer, Ask, Choice, Ended, LinkPage};
use postrider_app::publishing::channels::withdrawal::Deletion;
use postrider_domain::Code;
use postrider_domain::secret::Secret;

use super::link::FIELD;
use crate::correlate::Correlation;
use crate::problem::{Problem, status};

/// Nothing but the page itself and forms to ourselves.
const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The same for the page whose form leads on to a platform: browsers apply it to redirects too.
const LEADS_ON: &str = "default-src 'none'; base-uri 'none'; form-action 'self' https: http:; frame-ancestors 'none'";

/// Text that is HTML already.
struct Html(String);

/// What goes into a template: text, which is escaped, or HTML.
enum Piece<'a> {
    Text(&'a str),
    Html(&'a Html),
}

/// Fills `{name}` in a template. What is filled in is not looked at again.
fn fill(template: &str, pieces: &[(&str, Piece<'_>)]) -> Html {
    let (mut out, mut rest) = (String::with_capacity(template.len()), template);
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        match pieces.iter().find(|(known, _)| *known == name) {
            Some((_, Piece::Text(text))) => out.push_str(&escaped(text)),
            Some((_, Piece::Html(html))) => out.push_str(&html.0),
            None => debug_assert!(false, "no {name} for a template"),
        }
        rest = after;
    }
    out.push_str(rest);
    Html(out)
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}

fn join(parts: impl Iterator<Item = Html>) -> Html {
    Html(parts.map(|part| part.0).collect())
}

fn page(title: &str, body: &Html, policy: &'static str) -> Response {
    let whole = fill(include_str!("page/frame.html"), &[("title", Piece::Text(title)), ("body", Piece::Html(body))]);
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, policy)];
    (headers, whole.0).into_response()
}

/// The page of an answer.
pub(super) fn answer(answer: Answer, correlation: &Correlation) -> Response {
    match answer {
        Answer::Ask(ask) => asking(&ask),
        Answer::Ended { ended: Ended::Failed(failed), .. } => {
            let correlation = Correlation(failed.correlation.clone());
            problem(&Problem::from(failed), &correlation)
        }
        Answer::Ended {
            ended: Ended::Connected { resumed, missing_scopes, .. },
            platform_name,
            handles,
            return_to,
            ..
        } => connected(platform_name, &handles, resumed, &missing_scopes, return_to.as_deref()),
        // A page that waits is an `Ask`; this is one that has ended meanwhile.
        Answer::Ended { ended: Ended::Pick | Ended::Confirm, .. } => {
            problem(&Problem::of(Code::OauthStateExpired), correlation)
        }
    }
}

fn connected(
    platform: &str,
    handles: &[String],
    resumed: u64,
    missing: &[String],
    return_to: Option<&str>,
) -> Response {
    let nothing = || Html(String::new());
    let missing = match missing {
        [] => nothing(),
        some => fill(include_str!("page/missing.html"), &[("scopes", Piece::Text(&some.join(", ")))]),
    };
    let going_on = match resumed {
        0 => nothing(),
        some => fill(include_str!("page/resumed.html"), &[("count", Piece::Text(&some.to_string()))]),
    };
    let next = match return_to {
        Some(path) => fill(include_str!("page/continue.html"), &[("path", Piece::Text(path))]),
        None => Html(include_str!("page/close.html").to_owned()),
    };
    let pieces = [
        ("handles", Piece::Text(&handles.join(", "))),
        ("platform", Piece::Text(platform)),
        ("missing", Piece::Html(&missing)),
        ("resumed", Piece::Html(&going_on)),
        ("next", Piece::Html(&next)),
    ];
    page("Connected", &fill(include_str!("page/connected.html"), &pieces), POLICY)
}

/// The page of a refusal: what happened, at which step, in whose words, and the number in the log.
pub(super) fn problem(problem: &Problem, correlation: &Correlation) -> Response {
    refusal("Not connected", problem, correlation)
}

/// The page of a code that nobody was given, or was given too long ago.
pub(super) fn no_deletion(problem: &Problem, correlation: &Correlation) -> Response {
    refusal("Nothing is known of this code", problem, correlation)
}

fn refusal(title: &str, problem: &Problem, correlation: &Correlation) -> Response {
    let mut facts = vec![("Code", problem.code.as_str().to_owned())];
    facts.extend(problem.step.clone().map(|step| ("Step", step)));
    facts.extend(problem.words.clone().map(|words| ("The network’s own words", words)));
    for (name, label) in [("expected", "Expected redirect address"), ("received", "Received redirect address")] {
        facts.extend(problem.args.get(name).map(|value| (label, value.clone())));
    }
    facts.push(("Number in the log", correlation.0.clone()));
    let fact = |(label, value): &(&str, String)| {
        let pieces = [("label", Piece::Text(label)), ("value", Piece::Text(value))];
        fill(include_str!("page/fact.html"), &pieces)
    };
    let facts = join(facts.iter().map(fact));
    let detail = messages::render(problem.code, &problem.args);
    // What stands at the top already need not be said again.
    let others = problem.issues.iter().map(messages::render_issue).filter(|text| *text != detail);
    let issues = join(others.map(|text| fill(include_str!("page/issue.html"), &[("text", Piece::Text(&text))])));
    let pieces = [("detail", Piece::Text(&detail)), ("issues", Piece::Html(&issues)), ("facts", Piece::Html(&facts))];
    let mut response = page(title, &fill(include_str!("page/failed.html"), &pieces), POLICY);
    *response.status_mut() = status(problem.code);
    response
}

/// The page that asks for a click: the starter chooses, somebody else confirms.
fn asking(ask: &Ask) -> Response {
    let single = ask.accounts.iter().filter(|choice| choice.refused.is_none()).count() == 1;
    let accounts = join(ask.accounts.iter().map(|choice| account(choice, single)));
    let pieces = [
        ("platform", Piece::Text(ask.platform_name)),
        ("host", Piece::Text(&ask.host)),
        ("workspace", Piece::Text(&ask.workspace)),
        ("owner", Piece::Text(&ask.owner)),
        ("starter", Piece::Text(&ask.starter)),
        ("accounts", Piece::Html(&accounts)),
        ("token", Piece::Text(ask.token.expose())),
    ];
    match ask.stranger {
        true => page("Connect your account?", &fill(include_str!("page/confirm.html"), &pieces), POLICY),
        false => page("Choose accounts", &fill(include_str!("page/choose.html"), &pieces), POLICY),
    }
}

fn account(choice: &Choice, checked: bool) -> Html {
    let pieces = |more: &'static str| {
        [
            ("account", Piece::Text(choice.account.as_str())),
            ("handle", Piece::Text(choice.handle.as_str())),
            ("name", Piece::Text(choice.name.as_str())),
            ("more", Piece::Text(more)),
        ]
    };
    let known = choice.channel.is_some();
    match choice.refused {
        Some(code) => {
            let reason = messages::render(code, &Default::default());
            let [_, handle, name, _] = pieces("");
            fill(include_str!("page/account_refused.html"), &[handle, name, ("reason", Piece::Text(&reason))])
        }
        None => fill(include_str!("page/account.html"), &pieces(if checked || known { "checked" } else { "" })),
    }
}

/// The page of a link: who asks, for what, and what is still to be filled in.
pub(super) fn link(link: &LinkPage, token: &Secret) -> Response {
    let scopes = join(link.scopes.iter().map(|(scope, why, required)| {
        let why = Code::parse(&why.replace('-', "_"))
            .map_or_else(|| (*why).to_owned(), |code| messages::render(code, &Default::default()));
        let pieces = [("scope", Piece::Text(scope)), ("why", Piece::Text(&why))];
        match required {
            true => fill(include_str!("page/scope.html"), &pieces),
            false => fill(include_str!("page/scope_optional.html"), &pieces),
        }
    }));
    let fields = join(link.missing.iter().map(|(name, optional)| {
        let (full, required) = (format!("{FIELD}{name}"), if *optional { "" } else { "required" });
        let pieces = [("label", Piece::Text(name)), ("name", Piece::Text(&full)), ("required", Piece::Text(required))];
        fill(include_str!("page/field.html"), &pieces)
    }));
    let given = join(link.fields.iter().map(|(name, value)| {
        fill(include_str!("page/fact.html"), &[("label", Piece::Text(name)), ("value", Piece::Text(value))])
    }));
    let expires_at = link.expires_at.strftime("%e %B %Y, %H:%M UTC").to_string();
    let pieces = [
        ("maker", Piece::Text(&link.maker)),
        ("workspace", Piece::Text(&link.workspace)),
        ("owner", Piece::Text(&link.owner)),
        ("platform", Piece::Text(link.platform_name)),
        ("note", Piece::Text(&link.note)),
        ("scopes", Piece::Html(&scopes)),
        ("given", Piece::Html(&given)),
        ("fields", Piece::Html(&fields)),
        ("token", Piece::Text(token.expose())),
        ("expires_at", Piece::Text(expires_at.trim())),
    ];
    page("Connect your account", &fill(include_str!("page/link.html"), &pieces), LEADS_ON)
}

/// The page of a request for deletion: what is gone, and by when the rest goes.
pub(super) fn deletion(deletion: &Deletion, code: &Secret) -> Response {
    let shown = |at: Timestamp| at.strftime("%e %B %Y, %H:%M UTC").to_string().trim().to_owned();
    let received_at = shown(deletion.received_at);
    let gone_at = deletion.gone_at.map(shown).unwrap_or_default();
    let [consents, channels, left] = [deletion.consents, deletion.channels, deletion.left].map(|n| n.to_string());
    let done = match (deletion.consents + deletion.channels, deletion.left) {
        (0, _) => include_str!("page/deletion_nothing.html"),
        (_, 0) => include_str!("page/deletion_done.html"),
        _ => include_str!("page/deletion_begun.html"),
    };
    let done = fill(
        done,
        &[
            ("consents", Piece::Text(&consents)),
            ("channels", Piece::Text(&channels)),
            ("left", Piece::Text(&left)),
            ("gone_at", Piece::Text(&gone_at)),
        ],
    );
    let pieces = [
        ("platform", Piece::Text(&deletion.platform_name)),
        ("received_at", Piece::Text(&received_at)),
        ("done", Piece::Html(&done)),
        ("code", Piece::Text(code.expose())),
    ];
    page("Deletion of your data", &fill(include_str!("page/deletion.html"), &pieces), POLICY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_escaped_and_never_filled_in_again() {
        let inner = Html("<b>{name}</b>".to_owned());
        let pieces = [("name", Piece::Text("<i title=\"'&{html}\">")), ("html", Piece::Html(&inner))];
        let filled = fill("{name} {html}", &pieces);
        assert_eq!(filled.0, "&lt;i title=&quot;&#39;&amp;{html}&quot;&gt; <b>{name}</b>");
    }

    #[test]
    fn no_template_has_a_script_a_style_or_something_from_elsewhere() {
        let templates = [
            include_str!("page/frame.html"),
            include_str!("page/connected.html"),
            include_str!("page/failed.html"),
            include_str!("page/choose.html"),
            include_str!("page/confirm.html"),
            include_str!("page/link.html"),
            include_str!("page/deletion.html"),
            include_str!("page/deletion_begun.html"),
            include_str!("page/deletion_done.html"),
            include_str!("page/deletion_nothing.html"),
        ];
        for template in templates {
            for forbidden in ["<script", "<style", "style=", "src=", "://", "onclick", "onload", "onsubmit"] {
                assert!(!template.to_lowercase().contains(forbidden), "{forbidden} in {template}");
            }
        }
    }
}
