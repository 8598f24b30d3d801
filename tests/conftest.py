pytest_plugins = ["pytester", "tests.plugins.leftovers", "tests.plugins.require_all"]
