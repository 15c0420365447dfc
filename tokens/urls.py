"""The routes of the tokens application (SPEC, "The pages")."""

app_name = "tokens"
urlpatterns: list[object] = []
