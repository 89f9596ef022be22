/* reader.h: reading the members of a script one by one, with the place of each for messages. Private to the parser. */
#ifndef ATT_MOCK_READER_H
#define ATT_MOCK_READER_H

#include <jansson.h>

#include "providers/mock/script.h"

struct mock_reader {
    struct mock_script *script;
    const char *file;
    char at[256];  /* grants.calendar.sequence[1].latency */
    char *problem; /* MOCK_PROBLEM_SIZE */
    bool nomem;
};

/* Goes into a member or an item; the result is handed to mock_leave. */
size_t mock_enter(struct mock_reader *reader, const char *member);
size_t mock_enter_item(struct mock_reader *reader, size_t index);
void mock_leave(struct mock_reader *reader, size_t mark);

/* Notes what is wrong at the present place. Returns false. */
bool mock_refuse(struct mock_reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool mock_nomem(struct mock_reader *reader);

bool mock_read_text(struct mock_reader *reader, const json_t *value, const char **text);
bool mock_read_boolean(struct mock_reader *reader, const json_t *value, bool *is_true);
/* A number from 0 to `most`. */
bool mock_read_count(struct mock_reader *reader, const json_t *value, int64_t most, int64_t *number);
/* A time in UTC as Unix seconds. */
bool mock_read_time(struct mock_reader *reader, const json_t *value, int64_t *seconds);
bool mock_read_duration(struct mock_reader *reader, const json_t *value, int64_t *milliseconds);
/* One of `names`, which ends with NULL: its index. */
bool mock_read_choice(struct mock_reader *reader, const json_t *value, const char *const *names, size_t *index);
/* A list of texts that ends with NULL. */
bool mock_read_texts(struct mock_reader *reader, const json_t *value, const char ***texts, size_t *count);

/* One member of an answer. False with a problem, also when no answer has a member of that name. */
bool mock_answer_read(struct mock_reader *reader, const char *name, const json_t *value, struct mock_answer *answer);
/* The same for the answer of a call that gives no credential. */
bool mock_outcome_read(struct mock_reader *reader, const char *name, const json_t *value, struct mock_answer *outcome);
/* Such an answer as an object of its own. */
bool mock_outcome_read_all(struct mock_reader *reader, const json_t *object, struct mock_answer *outcome);
/* What an answer must have as a whole. */
bool mock_answer_check(struct mock_reader *reader, const struct mock_answer *answer);

/* Placements: `header`, `query`, `cookie`, `basic` with `format`, or a list `place` of such. */
bool mock_placement_read(struct mock_reader *reader, const json_t *object, struct mock_answer *answer);
bool mock_placement_has(const char *name);

/* What a grant's "listed" and "execute" say; what the script's "connect" says, once the grants are known. */
bool mock_listed_read(struct mock_reader *reader, const json_t *object, struct mock_grant *grant);
bool mock_execution_read(struct mock_reader *reader, const json_t *object, struct mock_grant *grant);
bool mock_connect_read(struct mock_reader *reader, const json_t *object);

#endif
