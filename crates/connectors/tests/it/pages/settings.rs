//! The settings of a connector, from their JSON Schema.

use postrider_connector::Descriptor;
use serde_json::Value;

use super::blocks::table;

/// One row for each setting, and one for each field of a setting that has fields.
pub(super) fn table_of(descriptor: &Descriptor) -> String {
    let schema: Value = serde_json::from_str(descriptor.settings).expect("a JSON Schema");
    let mut rows = Vec::new();
    collect("", &schema, &mut rows);
    match rows.is_empty() {
        true => "There are no settings.".to_owned(),
        false => table(&["setting", "", "what it does", "values"], &rows),
    }
}

fn collect(before: &str, schema: &Value, rows: &mut Vec<Vec<String>>) {
    let required: Vec<&str> = strings(&schema["required"]).collect();
    let mut properties: Vec<(&String, &Value)> = schema["properties"].as_object().into_iter().flatten().collect();
    // Another crate may make `serde_json` keep another order.
    properties.sort_by_key(|(name, _)| *name);
    for (name, inner) in properties {
        let text = |field: &str| inner[field].as_str().unwrap_or_default().to_owned();
        let mut said = values(inner);
        if required.contains(&name.as_str()) {
            said.push_str("; needed");
        }
        if let Some(default) = inner.get("default") {
            said.push_str(&format!("; `{}` when left out", plain(default)));
        }
        rows.push(vec![format!("`{before}{name}`"), text("title"), text("description"), said]);
        collect(&format!("{before}{name}."), inner, rows);
    }
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What may stand there, in words.
fn values(schema: &Value) -> String {
    if let Some(ways) = schema["oneOf"].as_array() {
        return ways.iter().map(values).collect::<Vec<_>>().join(", or ");
    }
    if let Some(choices) = schema["enum"].as_array() {
        return choices.iter().map(|one| format!("`{}`", plain(one))).collect::<Vec<_>>().join(", ");
    }
    let mut said = match schema["type"].as_str() {
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("array") => format!("a list of {}", values(&schema["items"])),
        Some("object") => "an object".to_owned(),
        Some("integer" | "number") => "a number".to_owned(),
        _ => "text".to_owned(),
    };
    let bounds = [
        ("minimum", "at least", "", ""),
        ("maximum", "at most", "", ""),
        ("minItems", "at least", " entry", " entries"),
        ("maxItems", "at most", " entry", " entries"),
        ("maxLength", "at most", " character", " characters"),
    ];
    for (field, words, singular, plural) in bounds {
        if let Some(bound) = schema[field].as_u64() {
            let unit = if bound == 1 { singular } else { plural };
            said.push_str(&format!(", {words} {bound}{unit}"));
        }
    }
    if schema["uniqueItems"] == true {
        said.push_str(", each once");
    }
    if let Some(pattern) = schema["pattern"].as_str() {
        said.push_str(&format!(" like `{pattern}`"));
    }
    said
}
