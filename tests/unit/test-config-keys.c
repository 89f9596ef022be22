/* tests/unit/test-config-keys.c: unit tests of the keys of a configuration: what each may be, and what is said where
 * it is not. */
#include <attache/module.h>

#include "tests/unit/config.h"

#define BASE "schema = 1; policy = {}; audit = ({ module = \"audit_file.so\"; });\n"
/* A provider and a stack that uses it. */
#define ALTER "providers = ({ name = \"alter\"; module = \"mock.so\"; });"
#define SAAS "stacks = ({ name = \"saas\"; fetch = ({ use = \"alter\"; }); });"

static const struct config_case root_cases[] = {
    {"", "1: \"schema\" is missing: the file is empty, cut off or no configuration; write schema = 1;\n"},
    {"# nothing\n", "1: \"schema\" is missing: the file is empty, cut off or no configuration; write schema = 1;\n"},
    {BASE, ""},
    {"schema = 2;", "1: \"schema\" must be 1, the only one that this version knows: write schema = 1;\n"},
    {"schema = \"1\";", "1: \"schema\" must be 1, the only one that this version knows: write schema = 1;\n"},
    {BASE "provider = ();\nx_ours = { anything = 1; };\nzzz = 1;",
     "2: key \"provider\" is not known in the configuration: did you mean \"providers\"?\n"
     "4: key \"zzz\" is not known in the configuration: known are schema, settings, providers, grants, stacks, policy, "
     "audit; a key of your own begins with \"x_\"\n"},
    {"schema = 1; settings = (); providers = {}; grants = 1; stacks = \"a\"; policy = (); audit = true;",
     "1: \"settings\" must be a group: settings = { ... };\n"
     "1: \"providers\" must be a list of groups in round brackets: providers = ( { ... }, { ... } );\n"
     "1: \"grants\" must be a list of groups in round brackets: grants = ( { ... }, { ... } );\n"
     "1: \"stacks\" must be a list of groups in round brackets: stacks = ( { ... }, { ... } );\n"
     "1: \"policy\" must be a group: policy = { ... };\n"
     "1: \"audit\" must be a list of groups in round brackets: audit = ( { ... }, { ... } );\n"},
    {BASE "providers = ( 1, \"a\",\n ( ) );", "2: entry 1 of \"providers\" must be a group: { ... }\n"
                                              "2: entry 2 of \"providers\" must be a group: { ... }\n"
                                              "3: entry 3 of \"providers\" must be a group: { ... }\n"},
    {BASE "providers = [ \"a\" ];", "2: entry 1 of \"providers\" must be a group: { ... }\n"},
};

static const struct config_case setting_cases[] = {
    {BASE
     "settings = { module_dir = \"/usr/lib/attache\"; module_paths = true; timeout = \"1h\"; audit_failure = \"warn\";"
     "state_dir = \"/var/lib/attache\"; max_response_bytes = \"1GiB\"; ca_file = \"/etc/ca.pem\";"
     "proxy = \"http://proxy.example:3128\"; redirects = 20; record = \"/tmp/r\"; mask_secrets = false; x_y = 1; };",
     ""},
    {BASE "settings = {\n timeot = \"1s\";\n moduledir = \"/x\";\n verbose = true;\n};",
     "3: key \"timeot\" is not known in settings: did you mean \"timeout\"?\n"
     "4: key \"moduledir\" is not known in settings: did you mean \"module_dir\"?\n"
     "5: key \"verbose\" is not known in settings: known are module_dir, module_paths, timeout, audit_failure, "
     "state_dir, max_response_bytes, ca_file, proxy, redirects, record, replay, mask_secrets; a key of your own begins "
     "with \"x_\"\n"},
    {BASE
     "settings = {\n timeout = 30;\n module_dir = \"lib\";\n module_paths = \"yes\";\n audit_failure = \"ignore\";\n"
     " state_dir = \"\";\n max_response_bytes = 64;\n ca_file = [ \"/a\" ];\n proxy = 1;\n redirects = \"1\";\n"
     " record = false;\n mask_secrets = 1;\n};",
     "3: \"timeout\" in settings must be a duration from 1ms to 1h in quotes with its unit, such as \"30s\"\n"
     "4: \"module_dir\" in settings must be an absolute path in quotes, such as \"/var/lib/attache\"\n"
     "5: \"module_paths\" in settings must be true or false, without quotes\n"
     "6: \"audit_failure\" in settings must be one of \"deny\", \"warn\"\n"
     "7: \"state_dir\" in settings must be an absolute path in quotes, such as \"/var/lib/attache\"\n"
     "8: \"max_response_bytes\" in settings must be a size from 1 byte to 1048576GiB in quotes, such as \"64MiB\"\n"
     "9: \"ca_file\" in settings must be an absolute path in quotes, such as \"/var/lib/attache\"\n"
     "10: \"proxy\" in settings must be a text of 1 to 1024 bytes in quotes\n"
     "11: \"redirects\" in settings must be a number from 0 to 20, without quotes\n"
     "12: \"record\" in settings must be an absolute path in quotes, such as \"/var/lib/attache\"\n"
     "13: \"mask_secrets\" in settings must be true or false, without quotes\n"},
    {BASE "settings = {\n timeout = \"0\";\n redirects = 21;\n max_response_bytes = \"0\";\n};",
     "3: \"timeout\" in settings must be a duration from 1ms to 1h in quotes with its unit, such as \"30s\"\n"
     "4: \"redirects\" in settings must be a number from 0 to 20, without quotes\n"
     "5: \"max_response_bytes\" in settings must be a size from 1 byte to 1048576GiB in quotes, such as \"64MiB\"\n"},
    {BASE "settings = {\n timeout = \"3601s\";\n redirects = -1;\n max_response_bytes = \"9999999GiB\";\n};",
     "3: \"timeout\" in settings must be a duration from 1ms to 1h in quotes with its unit, such as \"30s\"\n"
     "4: \"redirects\" in settings must be a number from 0 to 20, without quotes\n"
     "5: \"max_response_bytes\" in settings must be a size from 1 byte to 1048576GiB in quotes, such as \"64MiB\"\n"},
    {BASE "settings = {\n timeout = \"1.5s\";\n redirects = 1.5;\n max_response_bytes = \"1TB\";\n};",
     "3: \"timeout\" in settings must be a duration from 1ms to 1h in quotes with its unit, such as \"30s\"\n"
     "4: \"redirects\" in settings must be a number from 0 to 20, without quotes\n"
     "5: \"max_response_bytes\" in settings must be a size from 1 byte to 1048576GiB in quotes, such as \"64MiB\"\n"},
    {BASE "settings = {\n proxy = \"http://user:hunter2@proxy:3128\"; };",
     "3: \"proxy\" in settings must be http://HOST:PORT without user, password and path\n"},
    {BASE "settings = {\n proxy = \"proxy:3128\"; };",
     "3: \"proxy\" in settings must be http://HOST:PORT without user, password and path\n"},
    {BASE "settings = {\n proxy = \"https://proxy:3128\"; };",
     "3: \"proxy\" in settings must be http://HOST:PORT without user, password and path\n"},
    {BASE "settings = {\n proxy = \"http://proxy\"; };",
     "3: \"proxy\" in settings must be http://HOST:PORT without user, password and path\n"},
    {BASE "settings = {\n proxy = \"http://:3128\"; };",
     "3: \"proxy\" in settings must be http://HOST:PORT without user, password and path\n"},
    {BASE "settings = {\n proxy = \"http://proxy:3128/\"; };",
     "3: \"proxy\" in settings must be http://HOST:PORT without user, password and path\n"},
    {BASE "settings = { record = \"/a\";\n replay = \"/b\"; };",
     "3: settings have both \"record\" and \"replay\": answers are either recorded or replayed; remove one of the "
     "two\n"},
};

static const struct config_case provider_cases[] = {
    {BASE "providers = (\n { module = \"mock.so\"; },\n { name = \"b\"; },\n {} );",
     "3: \"name\" is missing in provider 1: write name = ...;\n"
     "4: \"module\" is missing in provider \"b\": write module = ...;\n"
     "5: \"name\" is missing in provider 3: write name = ...;\n"
     "5: \"module\" is missing in provider 3: write module = ...;\n"},
    {BASE "providers = (\n { name = \"Big\"; module = \"mock.so\"; },\n { name = \"-a\"; module = \"mock.so\"; },\n { "
          "name = \"\"; "
          "module = \"\"; } );",
     "3: \"name\" in provider \"Big\" must be a name of 1 to 63 small letters, digits, dots, underscores and hyphens "
     "that begins with a letter or a digit\n"
     "4: \"name\" in provider 2 must be a name of 1 to 63 small letters, digits, dots, underscores and hyphens that "
     "begins with a letter or a digit\n"
     "5: \"name\" in provider 3 must be a name of 1 to 63 small letters, digits, dots, underscores and hyphens that "
     "begins with a letter or a digit\n"
     "5: \"module\" in provider 3 must be a text of 1 to 4096 bytes in quotes\n"},
    {BASE "providers = (\n { name = \"a234567890123456789012345678901234567890123456789012345678901234\"; module = "
          "\"mock.so\"; });",
     "3: \"name\" in provider 1 must be a name of 1 to 63 small letters, digits, dots, underscores and hyphens that "
     "begins with a letter or a digit\n"},
    {BASE "providers = (\n { name = \"a\"; module = \"mock.so\"; optons = {}; options = 1;\n sha256 = \"abc\"; });",
     "3: key \"optons\" is not known in provider \"a\": did you mean \"options\"?\n"
     "3: \"options\" in provider \"a\" must be a group: { ... }\n"
     "4: \"sha256\" in provider \"a\" must be 64 hexadecimal digits in quotes, as sha256sum prints them\n"},
    {BASE "providers = (\n { name = \"a\"; module = \"mock.so\";\n inject = { header = \"Host\"; }; },\n"
          " { name = \"b\"; module = \"mock.so\"; inject = 1; } );",
     "4: header \"Host\" in inject of provider \"a\" belongs to the connection and cannot carry a credential: name "
     "another\n"
     "5: inject of provider \"b\" must be a group, or a list of groups: { header = NAME; }\n"},
    {BASE "providers = (\n { name = \"a\"; module = \"mock.so\"; },\n { name = \"b\"; module = \"mock.so\"; },\n { "
          "name = \"a\"; module = \"x.so\"; });"
          "stacks = ({ name = \"s\"; fetch = ({ use = \"a\"; }, { use = \"b\"; }); });",
     "5: provider \"a\" is defined twice: here and at site.conf:3; rename or remove one\n"},
    {BASE "providers = (\n { name = \"never\"; module = \"mock.so\"; });",
     "3: (warning) provider \"never\" is used by no stack: it is opened and never asked; name it in a step, or remove "
     "it\n"},
};

static const struct config_case sink_cases[] = {
    {"schema = 1; policy = {}; audit = ( { name = \"a\"; module = \"m.so\"; control = \"optional\"; options = { x = 1; "
     "}; } );",
     ""},
    {"schema = 1; policy = {};\naudit = (\n { control = \"requisite\"; module = \"m.so\"; },\n { name = \"a\"; } );",
     "3: \"control\" in audit sink 1 must be one of \"required\", \"optional\"\n"
     "4: \"module\" is missing in audit sink \"a\": write module = ...;\n"},
    {"schema = 1; policy = {};\naudit = (\n { module = \"m.so\"; },\n { module = \"m.so\"; } );",
     "4: audit sink \"m.so\" is defined twice: here and at site.conf:3; rename or remove one\n"},
};

static const struct config_case grant_cases[] = {
    {BASE ALTER SAAS "grants = (\n { name = \"Team/billing\"; stack = \"saas\"; origins = [ \"https://a\" ]; });", ""},
    {BASE ALTER SAAS "grants = (\n { name = \"billing\"; stack = \"saas\"; });", ""},
    {BASE ALTER SAAS "grants = (\n { name = \"a b\"; stack = \"saas\"; },\n { stack = \"saas\"; },\n { name = \"x\"; "
                     "stack = \"sas\"; },\n"
                     " { name = \"y\"; stack = \"elsewhere\"; } );",
     "3: \"name\" in grant 1 must be a name of 1 to 63 letters, digits, dots, underscores, hyphens and slashes that "
     "begins with a letter or a digit\n"
     "4: \"name\" is missing in grant 2: write name = ...;\n"
     "5: grant \"x\" uses stack \"sas\", which is not defined: did you mean \"saas\"?\n"
     "6: grant \"y\" uses stack \"elsewhere\", which is not defined: define it, or name another\n"},
    {BASE ALTER SAAS "grants = (\n { name = \"a\"; id = \"1\"; stack = \"saas\"; origins = \"https://a\"; },\n"
                     " { name = \"a\"; stack = \"saas\"; origins = \"https://a\"; } );",
     "4: grant \"a\" is defined twice: here and at site.conf:3; rename or remove one\n"},
    {BASE ALTER SAAS "grants = (\n { name = \"a\"; stack = \"saas\"; origins = [ ]; id = \"\"; provider = 1; account = "
                     "(); scope = \"x\"; });",
     "3: \"id\" in grant \"a\" must be a text of 1 to 255 bytes in quotes\n"
     "3: \"provider\" in grant \"a\" must be a text of 1 to 255 bytes in quotes\n"
     "3: \"account\" in grant \"a\" must be a text of 1 to 255 bytes in quotes\n"
     "3: key \"scope\" is not known in grant \"a\": known are name, id, provider, account, stack, origins, inject; a "
     "key of your own begins with \"x_\"\n"},
    {BASE ALTER SAAS "grants = (\n { name = \"a\"; stack = \"saas\";\n origins = ( \"https://a\",\n 7,\n \"\" ); });",
     "5: \"origins\" in grant \"a\" must be a list of texts such as [ \"https://api.example.com\" ]\n"
     "6: \"origins\" in grant \"a\" must be a list of texts such as [ \"https://api.example.com\" ]\n"},
};

#define INJECT(text) \
    BASE ALTER SAAS "grants = (\n { name = \"a\"; stack = \"saas\"; origins = \"https://a\";\n inject = " text "; });"

#define PLACES                                                                                                      \
    "header = NAME, query = NAME, cookie = NAME, form = NAME, json = NAME or kind = \"basic\"; for several places " \
    "write a list of groups\n"
#define JSON_NAME                                                                                                \
    "4: the name of the JSON member in inject of grant \"a\" must be a name, or names with a dot between them: " \
    "\"auth.key\"\n"
#define TWICE "5: inject of grant \"a\" places the credential twice in one place: remove one of the two\n"

static const struct config_case inject_cases[] = {
    {INJECT("{ header = \"X-API-Key\"; }"), ""},
    {INJECT("{ header = \"X-API-Key\"; format = \"Key {token}\"; x_why = 1; }"), ""},
    {INJECT("( { kind = \"basic\"; }, { query = \"key\"; format = \"{a}:{b_2}\"; }, { cookie = \"sid\"; } )"), ""},
    {INJECT("{ kind = \"sigv4\"; region = \"eu\"; service = \"s3\"; }"), ""},
    {INJECT("{ kind = \"bearer\"; }"),
     "4: \"kind\" in inject of grant \"a\" must be one of \"basic\", \"sigv4\", \"hmac\"\n"},
    {INJECT("( { form = \"api key\"; }, { query = \"api_key\"; } )"), ""},
    {INJECT("( { json = \"auth.key\"; }, { json = \"auth.id\"; format = \"{id}\"; } )"), ""},
    {INJECT("{ }"), "4: inject of grant \"a\" must say one place for the credential: " PLACES},
    {INJECT("( )"), ""},
    {INJECT("{ header = \"A\"; query = \"b\"; }"),
     "4: inject of grant \"a\" must say one place for the credential: " PLACES},
    {INJECT("{ kind = \"basic\"; form = \"b\"; }"),
     "4: inject of grant \"a\" must say one place for the credential: " PLACES},
    {INJECT("{ header = \"A\"; region = \"eu\"; }"),
     "4: \"region\" in inject of grant \"a\" has no use with header: remove it\n"},
    {INJECT("{ form = \"a\tb\"; }"),
     "4: the name of the form field in inject of grant \"a\" must be made of letters, digits and hyphens\n"},
    {INJECT("{ json = \".a\"; }"), JSON_NAME},
    {INJECT("{ json = \"a.\"; }"), JSON_NAME},
    {INJECT("{ json = \"a..b\"; }"), JSON_NAME},
    {INJECT("{ json = \".\"; }"), JSON_NAME},
    {INJECT("( { form = \"A\"; },\n { form = \"a\"; } )"), TWICE},
    {INJECT("( { json = \"auth\"; },\n { json = \"Auth.key\"; } )"), TWICE},
    {INJECT("( { kind = \"basic\"; },\n { header = \"Authorization\"; } )"), TWICE},
    {INJECT("( { json = \"a\"; },\n { form = \"b\"; } )"), "5: inject of grant \"a\" places the credential in a form "
                                                           "and in JSON, and a body is one of both: remove one of the "
                                                           "two\n"},
    {INJECT("{ kind = \"basic\"; format = \"{token}\"; }"),
     "4: \"format\" in inject of grant \"a\" has no use with kind = \"basic\": remove it\n"},
    {INJECT("{ header = \"X Key\"; }"),
     "4: the name of the header in inject of grant \"a\" must be made of letters, digits and hyphens\n"},
    {INJECT("{ header = \"X-Key: a\"; }"),
     "4: the name of the header in inject of grant \"a\" must be made of letters, digits and hyphens\n"},
    {INJECT("{ cookie = \"a=b\"; }"),
     "4: the name of the cookie in inject of grant \"a\" must be made of letters, digits and hyphens\n"},
    {INJECT("{ query = \"a\tb\"; }"),
     "4: the name of the query parameter in inject of grant \"a\" must be made of letters, digits and hyphens\n"},
    {INJECT("{ header = \"Expect\"; }"), "4: header \"Expect\" in inject of grant \"a\" belongs to the connection and "
                                         "cannot carry a credential: name another\n"},
    {INJECT("{ header = \"HTTP2-Settings\"; }"), "4: header \"HTTP2-Settings\" in inject of grant \"a\" belongs to the "
                                                 "connection and cannot carry a credential: name another\n"},
    {INJECT("{ header = \"Content-Encoding\"; }"), "4: header \"Content-Encoding\" in inject of grant \"a\" belongs to "
                                                   "the body and cannot carry a credential: name another\n"},
    {INJECT("{ header = \"X-Original-URI\"; }"), "4: header \"X-Original-URI\" in inject of grant \"a\" belongs to the "
                                                 "request and cannot carry a credential: name another\n"},
    {INJECT("{ header = \"Host\"; }"), "4: header \"Host\" in inject of grant \"a\" belongs to the connection and "
                                       "cannot carry a credential: name another\n"},
    {INJECT("{ header = \"content-length\"; }"), "4: header \"content-length\" in inject of grant \"a\" belongs to the "
                                                 "connection and cannot carry a credential: name another\n"},
    {INJECT("{ header = \"Transfer-Encoding\"; }"), "4: header \"Transfer-Encoding\" in inject of grant \"a\" belongs "
                                                    "to the connection and cannot carry a credential: name another\n"},
    {INJECT("{ header = \"connection\"; }"), "4: header \"connection\" in inject of grant \"a\" belongs to the "
                                             "connection and cannot carry a credential: name another\n"},
    {INJECT("{ header = \"PROXY-Authorization\"; }"),
     "4: header \"PROXY-Authorization\" in inject of grant \"a\" belongs to the connection and cannot carry a "
     "credential: name another\n"},
    {INJECT("{ header = \"te\"; }"), "4: header \"te\" in inject of grant \"a\" belongs to the connection and cannot "
                                     "carry a credential: name another\n"},
    {INJECT("{ header = \"trailer\"; }"), "4: header \"trailer\" in inject of grant \"a\" belongs to the connection "
                                          "and cannot carry a credential: name another\n"},
    {INJECT("{ header = \"upgrade\"; }"), "4: header \"upgrade\" in inject of grant \"a\" belongs to the connection "
                                          "and cannot carry a credential: name another\n"},
    {INJECT("{ header = \"keep-alive\"; }"), "4: header \"keep-alive\" in inject of grant \"a\" belongs to the "
                                             "connection and cannot carry a credential: name another\n"},
    {INJECT("{ header = \"A\"; format = \"Bearer\"; }"),
     "4: \"format\" in inject of grant \"a\" must be text around a part of the credential in braces, such as \"Bearer "
     "{token}\"\n"},
    {INJECT("{ header = \"A\"; format = \"Bearer {token\"; }"),
     "4: \"format\" in inject of grant \"a\" must be text around a part of the credential in braces, such as \"Bearer "
     "{token}\"\n"},
    {INJECT("{ header = \"A\"; format = \"Bearer token}\"; }"),
     "4: \"format\" in inject of grant \"a\" must be text around a part of the credential in braces, such as \"Bearer "
     "{token}\"\n"},
    {INJECT("{ header = \"A\"; format = \"{Token}\"; }"),
     "4: \"format\" in inject of grant \"a\" must be text around a part of the credential in braces, such as \"Bearer "
     "{token}\"\n"},
    {INJECT("{ header = \"A\"; format = \"{}\"; }"), "4: \"format\" in inject of grant \"a\" must be text around a "
                                                     "part of the credential in braces, such as \"Bearer {token}\"\n"},
    {INJECT("{ header = \"A\"; format = \"\"; }"),
     "4: \"format\" in inject of grant \"a\" must be a text of 1 to 255 bytes in quotes\n"},
    {INJECT("( { header = \"A\"; },\n { header = \"a\"; } )"),
     "5: inject of grant \"a\" places the credential twice in one place: remove one of the two\n"},
    {INJECT("( { kind = \"basic\"; },\n { kind = \"basic\"; } )"),
     "5: inject of grant \"a\" places the credential twice in one place: remove one of the two\n"},
    {INJECT("( { header = \"A\"; }, \"b\" )"),
     "4: inject of grant \"a\" must be a group, or a list of groups: { header = NAME; }\n"},
    {INJECT("\"basic\""), "4: inject of grant \"a\" must be a group, or a list of groups: { header = NAME; }\n"},
    {INJECT("( {cookie=\"a\";}, {cookie=\"b\";}, {cookie=\"c\";}, {cookie=\"d\";}, {cookie=\"e\";}, {cookie=\"f\";},"
            " {cookie=\"g\";}, {cookie=\"h\";}, {cookie=\"i\";} )"),
     "4: inject of grant \"a\" has more than 8 places: leave some out\n"},
};

static const struct config_case stack_cases[] = {
    {BASE "stacks = (\n { name = \"a\"; },\n { fetch = (); },\n { name = \"b\"; fetch = {}; match = 1; },\n { name = "
          "\"c\"; fetch = ( 1 ); } );",
     "3: \"fetch\" is missing in stack \"a\": write fetch = ...;\n"
     "4: \"name\" is missing in stack 2: write name = ...;\n"
     "5: \"match\" in stack \"b\" must be a group: { ... }\n"
     "5: \"fetch\" in stack \"b\" must be a list of groups in round brackets: fetch = ( { ... }, { ... } );\n"
     "6: entry 1 of \"fetch\" in stack \"c\" must be a group: { ... }\n"},
    {BASE ALTER "stacks = ({ name = \"a\"; fetch = (\n { use = \"alter\"; control = \"binding\"; },\n { },\n"
                " { use = \"alter\"; substack = \"a\"; },\n { use = \"altr\"; },\n { use = \"unlike\"; },\n { substack "
                "= \"b\"; },\n"
                " { use = \"alter\"; timeout = \"2h\"; },\n { use = \"alter\"; timeout = \"2\"; } ); });",
     "3: \"control\" in step 1 of stack \"a\" must be one of \"required\", \"requisite\", \"sufficient\", "
     "\"optional\"\n"
     "4: step 2 of stack \"a\" must have one of \"use\", a provider, and \"substack\", a stack\n"
     "5: step 3 of stack \"a\" must have one of \"use\", a provider, and \"substack\", a stack\n"
     "9: \"timeout\" in step 7 of stack \"a\" must be a duration from 1ms to 1h in quotes with its unit, such as "
     "\"30s\"\n"
     "10: \"timeout\" in step 8 of stack \"a\" must be a duration from 1ms to 1h in quotes with its unit, such as "
     "\"30s\"\n"
     "6: stack \"a\" uses provider \"altr\", which is not defined: did you mean \"alter\"?\n"
     "7: stack \"a\" uses provider \"unlike\", which is not defined: define it, or name another\n"
     "8: stack \"a\" uses stack \"b\", which is not defined: define it, or name another\n"},
    {BASE ALTER "stacks = ({ name = \"a\"; fetch = ({ use = \"alter\"; on = {\n unavailable = \"stop\";\n not_fond = "
                "\"die\";\n OK = \"ok\";\n"
                " none = \"ok\";\n denied = \"done\";\n fault = 3;\n}; }); });",
     "3: \"unavailable\" in \"on\" in step 1 of stack \"a\" must be one of \"ok\", \"done\", \"ignore\", \"bad\", "
     "\"die\"\n"
     "4: key \"not_fond\" is not known in \"on\" in step 1 of stack \"a\": did you mean \"not_found\"?\n"
     "5: key \"OK\" is not known in \"on\" in step 1 of stack \"a\": known are ok, none, not_found, ambiguous, denied, "
     "reauth, expired, revoked, unavailable, deadline, cancelled, config, nomem, fault, pending, limited, backend; a "
     "key of your own "
     "begins with \"x_\"\n"
     "8: \"fault\" in \"on\" in step 1 of stack \"a\" must be one of \"ok\", \"done\", \"ignore\", \"bad\", \"die\"\n"
     "6: \"none\" in \"on\" in step 1 of stack \"a\" must not be \"ok\": only an ok of the provider grants; write "
     "ignore, bad or die\n"
     "7: \"denied\" in \"on\" in step 1 of stack \"a\" must not be \"done\": only an ok of the provider grants; write "
     "ignore, bad or die\n"},
    {BASE "stacks = ({ name = \"a\"; match = {\n provider = [];\n grant = ( 1 );\n default = \"yes\";\n providr = "
          "\"x\";\n }; fetch = (); });",
     "3: \"provider\" in \"match\" in stack \"a\" is an empty list, which nothing matches: name something, or leave it "
     "out\n"
     "4: \"grant\" in \"match\" in stack \"a\" must be a text or a list of texts, none of them empty\n"
     "5: \"default\" in \"match\" in stack \"a\" must be true or false, without quotes\n"
     "6: key \"providr\" is not known in \"match\" in stack \"a\": did you mean \"provider\"?\n"},
    {BASE "stacks = (\n{ name = \"a\"; match = { default = true; }; fetch = (); },\n{ name = \"b\"; match = { default "
          "= true; }; fetch = (); } );",
     "4: stack \"b\" is a second default stack: stack \"a\" at site.conf:3 is one already; keep one\n"},
    {BASE "stacks = (\n{ name = \"a\"; match = { provider = [ \"x\", \"goo*\" ]; grant = \"g\"; }; fetch = (); },\n"
          "{ name = \"b\"; match = { provider = [ \"goo*\", \"y\" ]; grant = [ \"h\", \"g\" ]; }; fetch = (); } );",
     "4: stack \"b\" matches grant \"g\", and so does stack \"a\" at site.conf:3: let one of them match it\n"
     "4: stack \"b\" matches provider \"goo*\", and so does stack \"a\" at site.conf:3: let one of them match it\n"},
    {BASE "stacks = (\n{ name = \"a\"; fetch = ({ substack = \"a\"; }); });",
     "3: stack \"a\" comes back to itself through its substacks: break the circle\n"},
    {BASE "stacks = (\n{ name = \"a\"; fetch = ({ substack = \"b\"; }); },\n{ name = \"b\"; fetch = ({ substack = "
          "\"a\"; }); },\n"
          "{ name = \"c\"; fetch = ({ substack = \"a\"; }); },\n{ name = \"d\"; fetch = (); },\n{ name = \"d\"; fetch "
          "= (); } );",
     "7: stack \"d\" is defined twice: here and at site.conf:6; rename or remove one\n"
     "3: stack \"a\" comes back to itself through its substacks: break the circle\n"
     "4: stack \"b\" comes back to itself through its substacks: break the circle\n"
     "5: stack \"c\" goes more than 8 substacks deep: put the steps of some into one stack\n"},
    {BASE
     "stacks = (\n{ name = \"s0\"; fetch = ({ substack = \"s1\"; }); },\n{ name = \"s1\"; fetch = ({ substack = "
     "\"s2\"; }); },\n"
     "{ name = \"s2\"; fetch = ({ substack = \"s3\"; }); },\n{ name = \"s3\"; fetch = ({ substack = \"s4\"; }); },\n"
     "{ name = \"s4\"; fetch = ({ substack = \"s5\"; }); },\n{ name = \"s5\"; fetch = ({ substack = \"s6\"; }); },\n"
     "{ name = \"s6\"; fetch = ({ substack = \"s7\"; }); },\n{ name = \"s7\"; fetch = ({ substack = \"s8\"; }); },\n"
     "{ name = \"s8\"; fetch = ({ substack = \"s9\"; }); },\n{ name = \"s9\"; fetch = (); } );",
     "3: stack \"s0\" goes more than 8 substacks deep: put the steps of some into one stack\n"},
};

#define POLICY(text) "schema = 1; audit = ({ module = \"a.so\"; });\npolicy = " text ";"

static const struct config_case policy_cases[] = {
    {POLICY("{ default = \"permit\"; rules = ( { name = \"all\"; effect = \"permit\"; } ); }"), ""},
    {POLICY("{ default = \"allow\";\n rule = (); }"),
     "2: \"default\" in policy must be one of \"deny\", \"permit\"\n"
     "3: key \"rule\" is not known in policy: did you mean \"rules\"?\n"},
    {POLICY("{ rules = (\n { effect = \"permit\"; },\n { name = \"a\"; },\n { name = \"b\"; effect = \"limit\"; },\n"
            " { name = \"c\"; effect = \"approve\"; } ); }"),
     "3: \"name\" is missing in rule 1: write name = ...;\n"
     "4: \"effect\" is missing in rule \"a\": write effect = ...;\n"
     "5: \"effect\" in rule \"b\" must be one of \"permit\", \"forbid\"\n"
     "6: \"effect\" in rule \"c\" must be one of \"permit\", \"forbid\"\n"},
    {POLICY("{ rules = (\n { name = \"a\"; effect = \"permit\"; },\n { name = \"a\"; effect = \"forbid\"; } ); }"),
     "4: rule \"a\" is defined twice: here and at site.conf:3; rename or remove one\n"},
    {POLICY("{ rules = ({ name = \"a\"; effect = \"permit\"; when = {\n caler = \"x\";\n method = [ ];\n path = [ "
            "\"/a\", \"\" ];\n"
            " host = 7;\n time = { };\n }; }); }"),
     "3: key \"caler\" is not known in \"when\" of rule \"a\": did you mean \"caller\"?\n"
     "4: \"method\" in \"when\" of rule \"a\" is an empty list, which nothing matches: name something, or leave it "
     "out\n"
     "5: \"path\" in \"when\" of rule \"a\" must be a text or a list of texts, none of them empty\n"
     "6: \"host\" in \"when\" of rule \"a\" must be a text or a list of texts, none of them empty\n"
     "7: key \"time\" is not known in \"when\" of rule \"a\": known are caller, caller_type, grant, provider, account, "
     "method, origin, host, path; a key of your own begins with \"x_\"\n"},
    {POLICY("{ rules = ({ name = \"a\"; effect = \"forbid\";\n when = { };\n unless = { x_note = \"n\"; }; }); }"),
     "3: \"when\" of rule \"a\" has no condition in it: add one, or leave \"when\" out\n"
     "4: \"unless\" of rule \"a\" has no condition in it: add one, or leave \"unless\" out\n"},
    {POLICY("{ rules = ({ name = \"a\"; effect = \"forbid\";\n when = \"always\"; }); }"),
     "3: \"when\" in rule \"a\" must be a group: { ... }\n"},
    {POLICY("{ rules = { name = \"a\"; }; }"),
     "2: \"rules\" in policy must be a list of groups in round brackets: rules = ( { ... }, { ... } );\n"},
};

#define TEST_OF(sentence, cases)              \
    static void sentence(void **state)        \
    {                                         \
        (void)state;                          \
        check_cases(cases, ATT_COUNT(cases)); \
    }

TEST_OF(a_file_says_schema_1_and_has_known_keys_only, root_cases)
TEST_OF(each_setting_is_checked_for_type_and_range, setting_cases)
TEST_OF(providers_have_unique_names_and_a_module, provider_cases)
TEST_OF(sinks_are_told_apart_and_required_or_optional, sink_cases)
TEST_OF(grants_lead_to_a_stack_and_are_bound_to_origins, grant_cases)
TEST_OF(inject_names_one_place_that_a_credential_may_have, inject_cases)
TEST_OF(stacks_have_known_steps_no_circles_and_no_ties, stack_cases)
TEST_OF(rules_have_names_known_effects_and_no_empty_conditions, policy_cases)

static const char whole[] =
    "schema = 1;\n"
    "settings = { timeout = \"5s\"; redirects = 3; max_response_bytes = \"10KiB\"; audit_failure = \"warn\"; };\n"
    "providers = ( { name = \"alter\"; module = \"alter_connect.so\"; options = { base_url = \"https://x\"; };\n"
    "  sha256 = \"ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef0123456789\"; },\n"
    "  { name = \"secrets\"; module = \"managed.so\"; } );\n"
    "grants = ( { name = \"billing\"; id = \"6f9f\"; stack = \"internal\"; account = \"me\"; provider = \"p\";\n"
    "  origins = [ \"https://billing.example\",\n    \"https://b.example\" ]; inject = { header = \"X-Key\"; }; } );\n"
    "stacks = ( { name = \"internal\"; match = { provider = \"google\"; grant = [ \"a\", \"b*\" ]; };\n"
    "  fetch = ( { use = \"secrets\"; control = \"sufficient\"; on = { unavailable = \"die\"; pending = \"ignore\"; }; "
    "},\n"
    "            { use = \"alter\"; timeout = \"2s\"; }, { substack = \"other\"; control = \"optional\"; } ); },\n"
    "  { name = \"other\"; match = { default = true; }; fetch = (); } );\n"
    "policy = { default = \"deny\"; rules = ( { name = \"r\"; effect = \"forbid\";\n"
    "  when = { caller = \"email-*\"; method = [ \"GET\", \"POST\" ]; }; unless = { path = \"/a/**\"; }; } ); };\n"
    "audit = ( { module = \"/opt/audit_file.so\"; options = { path = \"/x\"; }; }, { name = \"second\"; module = "
    "\"s.so\"; control = "
    "\"optional\"; } );\n";

struct site {
    struct att_pool *pool;
    struct att_findings findings;
    struct att_config *config;
};

static int open_site(void **state)
{
    struct site *site = test_calloc(1, sizeof *site);

    site->pool = att_pool_create();
    att_findings_open(&site->findings, site->pool);
    site->config = read_config(site->pool, whole, &site->findings);
    *state = site;
    return site->config && site->findings.count == 0 ? 0 : -1;
}

static int close_site(void **state)
{
    struct site *site = *state;

    att_findings_close(&site->findings);
    att_pool_destroy(site->pool);
    test_free(site);
    return 0;
}

static void settings_and_modules_arrive_as_written(void **state)
{
    const struct att_config *config = ((struct site *)*state)->config;

    assert_int_equal(config->timeout_ms, 5000);
    assert_int_equal(config->redirects, 3);
    assert_int_equal(config->max_response_bytes, 10240);
    assert_true(config->audit_warn && config->mask_secrets && !config->module_paths);
    assert_null(config->module_dir);
    assert_string_equal(config->files[0], "site.conf");
    assert_null(config->files[1]);
    assert_int_equal(config->provider_count, 2);
    assert_string_equal(config->providers[0].sha256,
                        "abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789");
    assert_string_equal(att_value_member(config->providers[0].options, "base_url")->text, "https://x");
    assert_int_equal(config->providers[1].place.line, 5);
    assert_null(config->providers[1].options);
    assert_int_equal(config->sink_count, 2);
    assert_string_equal(config->sinks[0].name, "audit_file.so");
    assert_true(config->sinks[0].required && !config->sinks[1].required);
}

static void grants_and_stacks_arrive_as_written(void **state)
{
    const struct att_config *config = ((struct site *)*state)->config;
    const struct att_config_grant *grant = &config->grants[0];
    const struct att_config_stack *stack = &config->stacks[0];

    assert_int_equal(grant->binding.origin_count, 2);
    assert_string_equal(grant->binding.origins[1].text, "https://b.example");
    assert_int_equal(grant->binding.origins[0].place.line, 7);
    assert_int_equal(grant->binding.origins[1].place.line, 8);
    assert_int_equal(grant->binding.injects[0].kind, ATT_INJECT_HEADER);
    assert_string_equal(grant->binding.injects[0].format, "{token}");
    assert_string_equal(stack->match_grants[1], "b*");
    assert_null(stack->match_grants[2]);
    assert_int_equal(stack->step_count, 3);
    assert_int_equal(stack->steps[0].control, ATT_CONTROL_SUFFICIENT);
    assert_int_equal(stack->steps[0].on[ATT_RESULT_UNAVAILABLE], ATT_ACTION_DIE);
    assert_int_equal(stack->steps[0].on[ATT_RESULT_PENDING], ATT_ACTION_IGNORE);
    assert_int_equal(stack->steps[0].on[ATT_RESULT_OK], -1);
    assert_int_equal(stack->steps[0].on[15], -1);
    assert_int_equal(stack->steps[1].control, ATT_CONTROL_REQUIRED);
    assert_int_equal(stack->steps[1].timeout_ms, 2000);
    assert_string_equal(stack->steps[2].substack, "other");
    assert_int_equal(stack->steps[2].place.line, 11);
    assert_true(config->stacks[1].match_default && config->stacks[1].step_count == 0);
}

static void rules_arrive_as_written(void **state)
{
    const struct att_config *config = ((struct site *)*state)->config;
    const struct att_config_rule *rule = &config->rules[0];

    assert_true(config->has_policy && !config->permit_by_default);
    assert_int_equal(rule->effect, ATT_EFFECT_FORBID);
    assert_true(rule->has_when && rule->has_unless);
    assert_string_equal(rule->when.caller[0], "email-*");
    assert_string_equal(rule->when.method[1], "POST");
    assert_null(rule->when.method[2]);
    assert_null(rule->when.path);
    assert_string_equal(rule->unless.path[0], "/a/**");
}

static void ten_thousand_rules_and_grants_are_read(void **state)
{
    struct att_pool *pool = att_pool_create();
    struct att_findings findings;
    struct att_buffer text;
    struct att_config *config;

    (void)state;
    att_findings_open(&findings, pool);
    att_buffer_open(&text, 4 << 20);
    att_buffer_text(&text, "schema = 1; stacks = ({ name = \"s\"; origins = \"https://a\"; fetch = (); }); audit = ({ "
                           "module = \"a\"; });");
    att_buffer_text(&text, "policy = { rules = (");
    for (int i = 0; i < 10000; i++)
        att_buffer_format(&text, "%s{ name = \"r%d\"; effect = \"permit\"; when = { grant = \"g%d\"; }; }",
                          i ? "," : "", i, i);
    att_buffer_text(&text, "); }; grants = (");
    for (int i = 0; i < 10000; i++)
        att_buffer_format(&text, "%s{ name = \"g%d\"; stack = \"s\"; }", i ? "," : "", i);
    att_buffer_text(&text, ");");
    config = read_config(pool, text.data, &findings);
    assert_non_null(config);
    assert_int_equal(findings.count, 0);
    assert_int_equal(config->rule_count, 10000);
    assert_string_equal(config->grants[9999].name, "g9999");
    att_buffer_close(&text);
    att_pool_destroy(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_says_schema_1_and_has_known_keys_only),
        cmocka_unit_test(each_setting_is_checked_for_type_and_range),
        cmocka_unit_test(providers_have_unique_names_and_a_module),
        cmocka_unit_test(sinks_are_told_apart_and_required_or_optional),
        cmocka_unit_test(grants_lead_to_a_stack_and_are_bound_to_origins),
        cmocka_unit_test(inject_names_one_place_that_a_credential_may_have),
        cmocka_unit_test(stacks_have_known_steps_no_circles_and_no_ties),
        cmocka_unit_test(rules_have_names_known_effects_and_no_empty_conditions),
        cmocka_unit_test_setup_teardown(settings_and_modules_arrive_as_written, open_site, close_site),
        cmocka_unit_test_setup_teardown(grants_and_stacks_arrive_as_written, open_site, close_site),
        cmocka_unit_test_setup_teardown(rules_arrive_as_written, open_site, close_site),
        cmocka_unit_test(ten_thousand_rules_and_grants_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
