//! Paths with a variable part, as tables of routes write them.

/// The variable part of a path that fits a template: `:id`, or `@:id` with its sign; empty where
/// there is none. `@:who` stands for any step with that sign, `:who` for any step at all.
pub(crate) fn capture(template: &str, path: &str) -> Option<String> {
    let mut id = String::new();
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(id),
            (Some("@:who"), Some(step)) if step.len() > 1 && step.starts_with('@') => {}
            (Some(":who"), Some(step)) if !step.is_empty() => {}
            (Some(want), Some(step)) if want.ends_with(":id") => {
                let step = step.strip_prefix(want.trim_end_matches(":id")).filter(|step| !step.is_empty())?;
                step.clone_into(&mut id);
            }
            (Some(want), Some(step)) if want == step => {}
            _ => return None,
        }
    }
}
