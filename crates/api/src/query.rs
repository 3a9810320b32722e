//! Parameters in the query of an address: one that a route does not know is refused by its
//! name. A misspelt filter would else quietly be no filter.

use std::collections::{HashMap, HashSet};

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use postrider_domain::{Code, Issue};
use utoipa::openapi::OpenApi;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};

use crate::Api;
use crate::problem::Problem;

/// The parameters of each operation, by method and path.
pub(crate) struct Known(HashMap<(Method, String), HashSet<String>>);

impl Known {
    /// As the document says.
    pub(crate) fn of(document: &OpenApi) -> Self {
        let all = document.paths.paths.iter().flat_map(|(path, item)| {
            operations(item).into_iter().map(|(method, operation)| ((method, path.clone()), in_query(operation)))
        });
        Self(all.collect())
    }

    /// What is wrong with a query: names that are not known, and names that come twice.
    fn issues(&self, method: &Method, path: &str, query: &str) -> Vec<Issue> {
        let method = if method == Method::HEAD { Method::GET } else { method.clone() };
        let Some(known) = self.0.get(&(method, path.to_owned())) else { return Vec::new() };
        let mut seen = HashSet::new();
        let names = url::form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned());
        names
            .filter_map(|name| {
                let stray = !known.contains(&name);
                let again = !seen.insert(name.clone());
                match (stray, again) {
                    (true, false) => Some(Issue::error(Code::UnknownField, name)),
                    (false, true) => Some(Issue::error(Code::BadField, name).with("reason", "it is given twice")),
                    _ => None,
                }
            })
            .collect()
    }
}

fn operations(item: &PathItem) -> Vec<(Method, &Operation)> {
    let all = [
        (Method::GET, &item.get),
        (Method::PUT, &item.put),
        (Method::POST, &item.post),
        (Method::DELETE, &item.delete),
        (Method::PATCH, &item.patch),
    ];
    all.into_iter().filter_map(|(method, operation)| operation.as_ref().map(|operation| (method, operation))).collect()
}

fn in_query(operation: &Operation) -> HashSet<String> {
    let parameters = operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
        RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query => Some(parameter.name.clone()),
        _ => None,
    });
    parameters.collect()
}

/// Refuses a query that the route does not know.
pub(crate) async fn refuse_unknown(State(api): State<Api>, request: Request, next: Next) -> Response {
    if let (Some(query), Some(path)) = (request.uri().query(), request.extensions().get::<MatchedPath>()) {
        let issues = api.known.issues(request.method(), path.as_str(), query);
        if !issues.is_empty() {
            return Problem { issues, ..Problem::of(Code::InvalidFields) }.into_response();
        }
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issues(method: Method, path: &str, query: &str) -> Vec<(Code, String)> {
        let known = Known::of(&crate::document());
        known.issues(&method, path, query).into_iter().map(|issue| (issue.code, issue.field)).collect()
    }

    #[test]
    fn a_name_that_the_document_does_not_have_is_refused_and_so_is_one_that_comes_twice() {
        let posts = "/api/v1/workspaces/{ws}/posts";
        assert_eq!(issues(Method::GET, posts, "limit=1&show=draft&cursor=x"), []);
        assert_eq!(issues(Method::HEAD, posts, "limit=1"), []);
        let found = issues(Method::GET, posts, "limt=1&limit=2&limit=3&a%20b&limt=4");
        let unknown = |name: &str| (Code::UnknownField, name.to_owned());
        assert_eq!(found, [unknown("limt"), (Code::BadField, "limit".to_owned()), unknown("a b")]);
        assert_eq!(issues(Method::GET, "/api/v1/me", "x=1"), [unknown("x")], "also where there are none at all");
        assert_eq!(issues(Method::GET, "/healthz", "x=1"), [], "not part of the API");
    }
}
