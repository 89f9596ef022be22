/* tests/fuzz/fuzz-mock-script.c: the mock provider reads any script, and gives back all memory. */
#include <stdbool.h>

#include "core/base/base.h"
#include "providers/mock/script.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/mock-host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct att_fetch fetch = {.size = sizeof fetch, .grant = "a"};
    char problem[MOCK_PROBLEM_SIZE] = "";
    struct mock_script script;
    struct mock_host host;
    att_result result;

    fuzz_file(data, size);
    mock_host_open(&host);
    result = mock_script_open(&script, &host.table, fuzz_file_path(), problem);
    if (result == ATT_RESULT_OK)
        mock_script_find(&script, &fetch);
    else if (result != ATT_RESULT_CONFIG || !problem[0])
        fuzz_finding("a refusal", "is no CONFIG, or says nothing", problem);
    mock_script_close(&script);
    if (host.blocks)
        fuzz_finding("blocks", "were not given back", problem);
    return 0;
}
