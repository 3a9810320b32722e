//! The parameters of a call, from a query, a form, a multipart form or JSON, as
//! one JSON object; forms in Rails' notation (`media_ids[]`, `poll[options][]`).

use serde_json::{Map, Value};

use super::refusals::Wrong;

/// The parameters of one call.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Params(Map<String, Value>);

impl Params {
    /// From `key=value` pairs, each key in Rails' notation.
    pub(crate) fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, Wrong> {
        let mut map = Map::new();
        for (key, value) in pairs {
            let path = path(&key).ok_or_else(|| Wrong::Syntax(format!("the name {key:?} is malformed")))?;
            insert(&mut map, &path, value).map_err(|()| Wrong::Syntax(format!("{key:?} is given twice")))?;
        }
        Ok(Self(map))
    }

    /// From a form or a query string.
    pub(crate) fn from_form(body: &[u8]) -> Result<Self, Wrong> {
        Self::from_pairs(url::form_urlencoded::parse(body).into_owned())
    }

    /// From a JSON object.
    pub(crate) fn from_json(body: &[u8]) -> Result<Self, Wrong> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            Ok(_) => Err(Wrong::Syntax("the body is no object".into())),
            Err(error) => Err(Wrong::Syntax(error.to_string())),
        }
    }

    /// From a form of an OAuth endpoint: parameters of other names are ignored, as RFC 6749 (3.1, 3.2)
    /// demands, however often they come.
    pub(crate) fn from_oauth_form(body: &[u8], known: &[&str]) -> Result<Self, Wrong> {
        let pairs = url::form_urlencoded::parse(body).into_owned();
        Self::from_pairs(pairs.filter(|(key, _)| known.contains(&key.as_str())))
    }

    /// Leaves out every member of another name.
    pub(crate) fn retain(&mut self, known: &[&str]) {
        self.0.retain(|key, _| known.contains(&key.as_str()));
    }

    /// Refuses every member that none of the documents names.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Wrong> {
        match self.0.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(Wrong::Unknown(key.clone())),
            None => Ok(()),
        }
    }

    /// A text; `None` when it is absent or `null`.
    pub(crate) fn text(&self, field: &'static str) -> Result<Option<&str>, Wrong> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(invalid(field, "must be a string")),
        }
    }

    /// A text that must be there and not be empty.
    pub(crate) fn required(&self, field: &'static str) -> Result<&str, Wrong> {
        match self.text(field)?.filter(|text| !text.is_empty()) {
            Some(text) => Ok(text),
            None => Err(invalid(field, "can't be blank")),
        }
    }

    /// A yes or no; forms say `true`, `1`, `false`, `0`.
    pub(crate) fn flag(&self, field: &'static str) -> Result<Option<bool>, Wrong> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(Value::String(text)) => match text.as_str() {
                "true" | "1" | "on" => Ok(Some(true)),
                "false" | "0" | "off" => Ok(Some(false)),
                _ => Err(invalid(field, "must be true or false")),
            },
            Some(_) => Err(invalid(field, "must be true or false")),
        }
    }

    /// A whole number that is not negative.
    pub(crate) fn number(&self, field: &'static str) -> Result<Option<u64>, Wrong> {
        let number = match self.0.get(field) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(text)) => text.parse().ok(),
            Some(_) => None,
        };
        number.map(Some).ok_or_else(|| invalid(field, "must be a number"))
    }

    /// A list of texts; `None` when it is absent.
    pub(crate) fn list(&self, field: &'static str) -> Result<Option<Vec<String>>, Wrong> {
        let items = match self.0.get(field) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(invalid(field, "must be a list")),
        };
        let text = |item: &Value| item.as_str().map(str::to_owned);
        let texts: Option<Vec<_>> = items.iter().map(text).collect();
        texts.map(Some).ok_or_else(|| invalid(field, "must be a list of strings"))
    }

    /// An object; `None` when it is absent.
    pub(crate) fn object(&self, field: &'static str) -> Result<Option<Self>, Wrong> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(map)) => Ok(Some(Self(map.clone()))),
            Some(_) => Err(invalid(field, "must be an object")),
        }
    }

    /// A list of objects; `None` when it is absent.
    pub(crate) fn objects(&self, field: &'static str) -> Result<Option<Vec<Self>>, Wrong> {
        let items = match self.0.get(field) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Array(items)) => items,
            Some(_) => return Err(invalid(field, "must be a list")),
        };
        let object = |item: &Value| item.as_object().cloned().map(Self);
        let objects: Option<Vec<_>> = items.iter().map(object).collect();
        objects.map(Some).ok_or_else(|| invalid(field, "must be a list of objects"))
    }

    /// Whether a member is there, `null` too.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    /// All of it, for the request log.
    pub(crate) fn value(&self) -> Value {
        Value::Object(self.0.clone())
    }
}

fn invalid(field: &'static str, why: &str) -> Wrong {
    Wrong::Invalid { field, why: why.to_owned() }
}

/// `poll[options][]` as `poll`, `options` and an empty step, which means the next of a list.
fn path(key: &str) -> Option<Vec<&str>> {
    let (head, rest) = match key.find('[') {
        Some(at) => key.split_at(at),
        None => (key, ""),
    };
    let mut steps = vec![head];
    let mut rest = rest;
    while !rest.is_empty() {
        let (step, more) = rest.strip_prefix('[')?.split_once(']')?;
        steps.push(step);
        rest = more;
    }
    (!head.is_empty()).then_some(steps)
}

/// Puts a value where the path leads; an error when something of another kind is there.
fn insert(map: &mut Map<String, Value>, path: &[&str], value: String) -> Result<(), ()> {
    let (step, rest) = path.split_first().ok_or(())?;
    match rest {
        [] => map.insert((*step).to_owned(), value.into()).map_or(Ok(()), |_| Err(())),
        ["", more @ ..] => {
            let list = map.entry(*step).or_insert_with(|| Value::Array(Vec::new()));
            append(list.as_array_mut().ok_or(())?, more, value)
        }
        more => {
            let inner = map.entry(*step).or_insert_with(|| Value::Object(Map::new()));
            insert(inner.as_object_mut().ok_or(())?, more, value)
        }
    }
}

/// The next item of a list. Of objects, a member that is there already begins the next one.
fn append(list: &mut Vec<Value>, path: &[&str], value: String) -> Result<(), ()> {
    if path.is_empty() {
        list.push(value.into());
        return Ok(());
    }
    let begun = list.last_mut().and_then(Value::as_object_mut).filter(|last| !last.contains_key(path[0]));
    if let Some(last) = begun {
        return insert(last, path, value);
    }
    let mut next = Map::new();
    insert(&mut next, path, value)?;
    list.push(Value::Object(next));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn form(text: &str) -> Result<Value, Wrong> {
        Params::from_form(text.as_bytes()).map(|params| params.value())
    }

    #[test]
    fn rails_notation_becomes_structure() {
        let got =
            form("status=a+b&media_ids[]=1&media_ids[]=2&poll[options][]=x&poll[options][]=y&poll[expires_in]=300");
        let want = json!({"status": "a b", "media_ids": ["1", "2"],
            "poll": {"options": ["x", "y"], "expires_in": "300"}});
        assert_eq!(got, Ok(want));
        let got = form("m[][id]=1&m[][description]=a&m[][id]=2");
        assert_eq!(got, Ok(json!({"m": [{"id": "1", "description": "a"}, {"id": "2"}]})));
    }

    #[test]
    fn oauth_ignores_what_it_does_not_know_and_refuses_a_repeat() {
        let read = |text: &str| Params::from_oauth_form(text.as_bytes(), &["code"]).map(|params| params.value());
        assert_eq!(read("code=1&x=2&x=3"), Ok(json!({"code": "1"})));
        assert!(read("code=1&code=1").is_err());
    }

    #[test]
    fn nonsense_is_refused() {
        for wrong in ["a=1&a=2", "a[=1", "a]=1&a[]x=2", "[a]=1", "a=1&a[b]=2", "a[]=1&a[b]=2", "=1"] {
            let got = form(wrong);
            assert!(got.is_err() || wrong.starts_with("a]"), "{wrong}: {got:?}");
        }
        assert!(Params::from_json(b"[]").is_err());
        assert!(Params::from_json(b"{").is_err());
    }

    #[test]
    fn values_are_read_from_both_notations() {
        let read = |value: Value| Params(value.as_object().expect("an object").clone());
        let params = read(json!({"yes": "1", "no": false, "n": "7", "m": 7, "t": "", "odd": -1, "l": [1]}));
        assert_eq!((params.flag("yes"), params.flag("no")), (Ok(Some(true)), Ok(Some(false))));
        assert_eq!((params.number("n"), params.number("m")), (Ok(Some(7)), Ok(Some(7))));
        assert_eq!(params.text("absent"), Ok(None));
        assert!(params.required("t").is_err() && params.number("odd").is_err());
        assert!(params.flag("n").is_err() && params.list("l").is_err() && params.object("n").is_err());
        assert_eq!(params.only(&["yes"]).map_err(|wrong| matches!(wrong, Wrong::Unknown(_))), Err(true));
    }
}
