pytest_plugins = ["pytester", "tests.plugins.require_all"]
