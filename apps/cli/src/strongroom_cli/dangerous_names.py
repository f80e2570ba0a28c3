"""Variables by which an environment takes over the program that it is given to.

A secret of such a name, put there by whoever may write secrets, would run code of theirs or lead the
program astray. So these names are refused unless they are allowed one by one.

Named here is what linkers, shells, interpreters, package managers and tools read that may be anywhere
below the program. Not named is what a program is told about its own affairs, although whoever sets it
decides whom the program talks to: `DATABASE_URL`, `PGHOST`, `AWS_ENDPOINT_URL`, `KUBECONFIG`,
`DOCKER_HOST` and their like are what secrets are kept for, and refusing them would only teach people
to allow everything.
"""

from __future__ import annotations

_PROGRAM = "many programs run the program it names"
_SETTINGS = "programs find their settings by it"
_SHELL = "shells run or split commands by it"
_C = "the C library finds code, programs or files by it"
_PROFILER = "a profiler that it names is loaded into the program"

_BY_REASON = {
    "programs are found by it": "PATH",
    _SETTINGS: "HOME",
    _PROGRAM: """SHELL EDITOR VISUAL SUDO_EDITOR FCEDIT PAGER MANPAGER SYSTEMD_PAGER SYSTEMD_EDITOR
        PSQL_PAGER PSQL_EDITOR BROWSER""",
    _SHELL: """IFS ENV BASH_ENV SHELLOPTS BASHOPTS PS0 PS1 PS2 PS4 PROMPT_COMMAND ZDOTDIR CDPATH FPATH
        BASH_LOADABLES_PATH BASH_XTRACEFD""",
    "names of hosts are resolved by it": "HOSTALIASES RESOLV_HOST_CONF LOCALDOMAIN RES_OPTIONS",
    _C: "GCONV_PATH GETCONF_DIR GLIBC_TUNABLES LOCPATH NLSPATH MALLOC_TRACE TZDIR",
    "the terminal's library reads files by it": "TERMINFO TERMINFO_DIRS TERMCAP TERMPATH",
    "Python loads or finds code by it": """PYTHONPATH PYTHONSTARTUP PYTHONHOME PYTHONUSERBASE
        PYTHONEXECUTABLE PYTHONBREAKPOINT PYTHONWARNINGS PYTHONINSPECT PYTHONPLATLIBDIR
        PYTHONPYCACHEPREFIX VIRTUAL_ENV""",
    "Node.js loads code or takes options by it": "NODE_OPTIONS NODE_PATH NODE_REPL_EXTERNAL_MODULE",
    "Perl loads or finds code by it": "PERL5OPT PERL5LIB PERLLIB PERL5DB PERL5SHELL",
    "Ruby loads code or takes options by it": "RUBYOPT RUBYLIB RUBYSHELL",
    "the Java machine is found, loads code or takes options by it": """JAVA_TOOL_OPTIONS _JAVA_OPTIONS
        JDK_JAVA_OPTIONS JAVA_OPTS JAVA_HOME CLASSPATH""",
    "Lua runs it, or finds code by it": "LUA_INIT LUA_PATH LUA_CPATH",
    "PHP finds its settings by it": "PHPRC PHP_INI_SCAN_DIR",
    "Erlang takes options or finds code by it": "ERL_FLAGS ERL_AFLAGS ERL_ZFLAGS ERL_LIBS",
    "R runs it, or finds code by it": """R_HOME R_PROFILE R_PROFILE_USER R_ENVIRON R_ENVIRON_USER
        R_LIBS R_LIBS_USER R_LIBS_SITE""",
    "Julia finds code by it": "JULIA_LOAD_PATH JULIA_DEPOT_PATH JULIA_PROJECT JULIA_BINDIR",
    "Guile finds code by it": "GUILE_LOAD_PATH GUILE_LOAD_COMPILED_PATH",
    "Tcl finds code by it": "TCLLIBPATH",
    "awk finds code by it": "AWKPATH AWKLIBPATH",
    "the editor runs commands by it": "VIMINIT EXINIT GVIMINIT MYVIMRC VIM VIMRUNTIME EMACSLOADPATH",
    ".NET loads code by it": "DOTNET_STARTUP_HOOKS DOTNET_ROOT DOTNET_ADDITIONAL_DEPS",
    _PROFILER: """CORECLR_ENABLE_PROFILING CORECLR_PROFILER CORECLR_PROFILER_PATH
        CORECLR_PROFILER_PATH_32 CORECLR_PROFILER_PATH_64 COR_ENABLE_PROFILING COR_PROFILER
        COR_PROFILER_PATH COR_PROFILER_PATH_32 COR_PROFILER_PATH_64 DOTNET_ENABLE_PROFILING""",
    "a desktop program loads code by it": """GTK_MODULES GTK_PATH GTK3_MODULES GTK_EXE_PREFIX
        GIO_EXTRA_MODULES GIO_MODULE_DIR GI_TYPELIB_PATH QT_PLUGIN_PATH QT_QPA_PLATFORM_PLUGIN_PATH
        QML_IMPORT_PATH QML2_IMPORT_PATH""",
    "a compiler or a build runs or loads what it names": """CC CXX CPP CFLAGS CXXFLAGS
        CPPFLAGS LDFLAGS CPATH LIBRARY_PATH COMPILER_PATH GCC_EXEC_PREFIX CMAKE_TOOLCHAIN_FILE
        PKG_CONFIG PKG_CONFIG_PATH MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKEFILES""",
    "cargo or rustc runs or loads what it names": """RUSTC RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER RUSTDOC
        RUSTFLAGS RUSTDOCFLAGS CARGO CARGO_HOME CARGO_BUILD_RUSTC CARGO_BUILD_RUSTC_WRAPPER
        CARGO_BUILD_RUSTFLAGS CARGO_ENCODED_RUSTFLAGS RUSTUP_HOME RUSTUP_TOOLCHAIN
        RUSTUP_DIST_SERVER""",
    "go takes options, or loads code, by it": """GOFLAGS GOROOT GOPATH GOENV GOPROXY GONOSUMDB
        GONOSUMCHECK GOSUMDB GOINSECURE GOTOOLDIR GOTOOLCHAIN CGO_CFLAGS CGO_LDFLAGS""",
    "a package manager takes code or settings from what it names": """PIP_INDEX_URL PIP_EXTRA_INDEX_URL
        PIP_FIND_LINKS PIP_CONFIG_FILE PIP_TRUSTED_HOST PIP_CERT PIP_REQUIREMENT PIP_CONSTRAINT PIP_TARGET
        PIP_PREFIX PIP_PYTHON UV_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL UV_DEFAULT_INDEX UV_FIND_LINKS
        UV_CONFIG_FILE UV_PYTHON UV_INSECURE_HOST CONDARC CONDA_PREFIX BUNDLE_GEMFILE BUNDLE_PATH
        BUNDLE_APP_CONFIG GEM_HOME GEM_PATH GEMRC YARN_RC_FILENAME YARN_NPM_REGISTRY_SERVER YARN_PLUGINS
        COMPOSER COMPOSER_HOME COREPACK_NPM_REGISTRY COREPACK_HOME MAVEN_OPTS MAVEN_ARGS GRADLE_OPTS
        GRADLE_USER_HOME SBT_OPTS NIX_PATH NIX_CONFIG HOMEBREW_BREW_GIT_REMOTE""",
    "less runs it": "LESSOPEN LESSCLOSE LESS LESSKEY LESSKEYIN",
    "ssh, rsync or cvs runs it": "SSH_ASKPASS SUDO_ASKPASS RSYNC_RSH RSYNC_CONNECT_PROG CVS_RSH SVN_SSH",
    "tar or an archiver takes options by it": "TAR_OPTIONS ZIPOPT UNZIP GZIP",
    "it decides which servers are believed": """SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE
        CURL_CA_BUNDLE NODE_EXTRA_CA_CERTS NODE_TLS_REJECT_UNAUTHORIZED PYTHONHTTPSVERIFY""",
    "keys of TLS connections are written to the file it names": "SSLKEYLOGFILE",
    "curl or wget finds its settings by it": "CURL_HOME WGETRC",
    "OpenSSL loads code by it": "OPENSSL_CONF OPENSSL_ENGINES OPENSSL_MODULES OPENSSL_CONF_INCLUDE",
    "it decides through whom requests go": "HTTP_PROXY HTTPS_PROXY ALL_PROXY FTP_PROXY NO_PROXY",
}

REASONS = {name: reason for reason, names in _BY_REASON.items() for name in names.split()}

PREFIXES = {
    "LD_": "the dynamic linker loads or finds code by it",
    "DYLD_": "the dynamic linker loads or finds code by it",
    "BASH_FUNC_": _SHELL,
    "GIT_": "git takes settings by it, and those can run programs",
    "NPM_CONFIG_": "npm takes settings by it, and those can run programs",
    "STRONGROOM_": "it decides who this machine is to Strongroom, and what it reads",
    "XDG_": _SETTINGS,
}

ORDINARY = frozenset(
    {
        # LaunchDarkly's keys; no linker reads them.
        "LD_ACCESS_TOKEN",
        "LD_API_KEY",
        "LD_CLIENT_SIDE_ID",
        "LD_MOBILE_KEY",
        "LD_RELAY_KEY",
        "LD_SDK_KEY",
        # What people call their credentials for a git server; git itself reads none of them.
        "GIT_ACCESS_TOKEN",
        "GIT_API_TOKEN",
        "GIT_AUTH_TOKEN",
        "GIT_DEPLOY_KEY",
        "GIT_PASSWORD",
        "GIT_PAT",
        "GIT_SSH_KEY",
        "GIT_TOKEN",
        "GIT_USER",
        "GIT_USERNAME",
    }
)
"""Names of ordinary secrets that begin like the dangerous ones."""


def danger_of(name: str) -> str | None:
    """Return why a variable of this name is dangerous, or None. Case does not count."""
    upper = name.upper()
    if upper in ORDINARY:
        return None
    for prefix, reason in PREFIXES.items():
        if upper.startswith(prefix):
            return reason
    return REASONS.get(upper)
