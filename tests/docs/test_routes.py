"""docs/spec.md lists every route and every operation of the API, and no other."""

from django.urls import URLPattern, URLResolver, get_resolver, resolve

from tests.docs.markdown import in_backticks, table, tables
from tokens.api.endpoints import api

SPEC_PAGE = "docs/spec.md"
TOKEN_ID = "Zx81aB3dE5fG7hJ9kL0m"


def documented_routes():
    rows = [*tables(SPEC_PAGE, "The pages")[0], *table(SPEC_PAGE, "Routes for programs")]
    return [route for row in rows for route in in_backticks(row["route"])]


def view_names(resolver, namespace=""):
    """Yield the names of the project's own routes: neither the admin's nor django-allauth's."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern) and not str(entry.name).startswith("mfa_"):
            yield f"{namespace}{entry.name}"
        elif (
            isinstance(entry, URLResolver)
            and entry.app_name != "admin"
            and not str(getattr(entry.urlconf_name, "__name__", "")).startswith("allauth")
        ):
            yield from view_names(entry, f"{entry.namespace}:" if entry.namespace else namespace)


def _is_allauth_s(entry):
    return str(getattr(entry.urlconf_name, "__name__", "")).startswith("allauth")


class TestRoutes:
    def test_every_listed_route_leads_to_a_view(self):
        assert all(resolve(route.replace("<id>", TOKEN_ID)).func for route in documented_routes())

    def test_every_route_of_the_project_is_listed(self):
        documented = {resolve(route.replace("<id>", TOKEN_ID)).view_name for route in documented_routes()}
        assert set(view_names(get_resolver())) <= documented

    def test_nothing_else_is_listed_but_accounts_and_admin(self):
        documented = {resolve(route.replace("<id>", TOKEN_ID)).view_name for route in documented_routes()}
        others = documented - set(view_names(get_resolver()))
        assert {name for name in others if not name.startswith(("account_", "mfa_", "admin:"))} == set()


class TestOperations:
    def test_are_the_api_s_operations_with_their_parameters(self):
        documented = {
            tuple(in_backticks(row["call"])[0].split(" ")): in_backticks(row["query parameters"])
            for row in table(SPEC_PAGE, "HTTP API")
        }
        paths = api.get_openapi_schema(path_prefix="")["paths"]
        assert documented == {
            (method.upper(), path): [one["name"] for one in operation["parameters"] if one["in"] == "query"]
            for path, methods in paths.items()
            for method, operation in methods.items()
        }
