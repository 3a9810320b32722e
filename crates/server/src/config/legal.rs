//! Where the operator's policies are, checked.

use lettre::Address;
use postrider_app::Legal;
use url::Url;

use super::ConfigError;
use super::file::LegalFile;

/// Says which key is wrong and why.
type Bad<'a> = &'a dyn Fn(&str, String) -> ConfigError;

/// The values of the file, checked: networks open these pages, and refuse what is not on HTTPS.
pub(super) fn of(file: &LegalFile, bad: Bad<'_>) -> Result<Legal, ConfigError> {
    let page = |key: &str, text: &Option<String>| match text {
        Some(text) => page(text).map(Some).map_err(|why| bad(key, why)),
        None => Ok(None),
    };
    if let Some(contact) = &file.contact
        && contact.parse::<Address>().is_err()
    {
        return Err(bad("legal.contact", format!("`{contact}` is not an e-mail address")));
    }
    Ok(Legal {
        privacy_url: page("legal.privacy_url", &file.privacy_url)?,
        terms_url: page("legal.terms_url", &file.terms_url)?,
        deletion_url: page("legal.deletion_url", &file.deletion_url)?,
        contact: file.contact.clone(),
    })
}

fn page(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|error| format!("`{text}` is not an address: {error}"))?;
    match (url.scheme(), url.host_str()) {
        ("https", Some(_)) => Ok(url.into()),
        _ => Err(format!("`{text}` must begin with https:// and name a host")),
    }
}
