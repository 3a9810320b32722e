//! `platform-app …`: client ids and secrets of the workspace.

use serde_json::{Value, json};

use super::{Environment, Session, form, items, text};
use crate::cli::{AppCommand, AppPutArgs, ServerArgs};
use crate::terminal::{secret, table};

/// `platform-app …`
pub async fn command(server: ServerArgs, command: AppCommand, environment: &Environment) -> anyhow::Result<()> {
    let session = Session::open(server, environment).await?;
    match command {
        AppCommand::List => {
            let answer = session.get("/platform-apps").await?;
            session.show(&answer, |answer| platforms(items(answer)))
        }
        AppCommand::Put(args) => {
            let body = body(&args)?;
            let answer = session.server.put(&session.path("/platform-apps"), &body).await?;
            session.show(&answer, |answer| format!("{} is kept as {}", text(answer, "/client_id"), text(answer, "/id")))
        }
        AppCommand::Check { app } => {
            let answer = session.act(&format!("/platform-apps/{app}/check")).await?;
            session.show(&answer, checked)
        }
        AppCommand::ReviewKit { platform } => {
            let ending = if session.json { "" } else { ".md" };
            let kit = session.get(&format!("/connectors/{platform}/review-kit{ending}")).await?;
            session.show(&kit, |kit| kit.as_str().unwrap_or_default().trim_end().to_owned())
        }
        AppCommand::Delete { app } => {
            let answer = session.server.delete(&session.path(&format!("/platform-apps/{app}"))).await?;
            session.show(&answer, |_| "deleted; its secret is destroyed".to_owned())
        }
    }
}

fn body(args: &AppPutArgs) -> anyhow::Result<Value> {
    let fields = form(&args.fields)?;
    Ok(json!({
        "platform": args.platform,
        "fields": fields,
        "client_id": args.client_id,
        "client_secret": secret("client secret")?,
    }))
}

/// Each platform with its redirect address, then its apps.
pub(crate) fn platforms(platforms: &[Value]) -> String {
    if platforms.is_empty() {
        return "no network of this server asks for consent".to_owned();
    }
    let app = |app: &Value| {
        let (owner, broken) = (app["shared"] == true, app["code"].is_string());
        let owner = if owner { "instance" } else { "workspace" };
        let state = if broken { text(app, "/code") } else { "works".to_owned() };
        vec![text(app, "/id"), owner.to_owned(), text(app, "/host"), text(app, "/client_id"), state]
    };
    let platform = |platform: &Value| {
        let console = match text(platform, "/console") {
            console if console.is_empty() => "this instance registers itself".to_owned(),
            console => format!("register an app at {console}"),
        };
        let mut lines = vec![
            format!("{} ({console})", text(platform, "/platform")),
            format!("redirect address: {}", text(platform, "/redirect_uri")),
        ];
        for (name, label) in [("/deauthorise_url", "deauthorise address"), ("/data_deletion_url", "deletion address")] {
            let address = text(platform, name);
            lines.extend((!address.is_empty()).then(|| format!("{label}: {address}")));
        }
        for other in items(&platform["shared_with"]) {
            lines.push(format!(
                "redirect address for {}: {}",
                text(other, "/platform_name"),
                text(other, "/redirect_uri")
            ));
        }
        let apps: Vec<_> = items(&platform["apps"]).iter().map(app).collect();
        if !apps.is_empty() {
            lines.push(table(&["ID", "OF", "SERVER", "CLIENT ID", "STATE"], &apps));
        }
        lines.join("\n")
    };
    platforms.iter().map(platform).collect::<Vec<_>>().join("\n\n")
}

/// What the network said to an app.
pub(crate) fn checked(answer: &Value) -> String {
    match answer["verdict"].as_str() {
        Some("accepted") => "the network knows the app and its secret".to_owned(),
        Some("refused") => format!("the network refuses the app ({})", text(answer, "/words")),
        _ => format!("it cannot be told ({})", text(answer, "/words")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_redirect_address_is_there_to_copy_before_any_app_is() {
        let shown = platforms(&[
            json!({"platform": "a", "console": "https://a/dev", "redirect_uri": "https://p/connect/callback/a", "apps": [],
                "deauthorise_url": "https://p/connect/deauthorise/a", "data_deletion_url": "https://p/connect/delete-data/a"}),
            json!({"platform": "b", "redirect_uri": "https://p/connect/callback/b", "apps": [
                {"id": "app_1", "shared": true, "host": "https://b", "client_id": "x", "code": "oauth_client_refused"}]}),
        ]);
        for part in ["register an app at https://a/dev", "https://p/connect/callback/a", "registers itself", "app_1"] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
        assert!(shown.contains("deauthorise address: https://p/connect/deauthorise/a"), "{shown}");
        assert!(shown.contains("deletion address: https://p/connect/delete-data/a"), "{shown}");
        assert_eq!(shown.matches("deletion address").count(), 1, "none where there is none: {shown}");
        assert!(shown.ends_with("oauth_client_refused"), "{shown}");
    }

    #[test]
    fn a_verdict_is_a_sentence_with_the_networks_words() {
        assert!(checked(&json!({"verdict": "accepted"})).contains("knows"));
        assert!(checked(&json!({"verdict": "refused", "words": "invalid_client"})).contains("invalid_client"));
        assert!(checked(&json!({"verdict": "unknown", "words": "down"})).contains("down"));
    }
}
