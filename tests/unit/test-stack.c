/* tests/unit/test-stack.c: the laws of the stack,
 * proved by running every stack of up to four steps with every outcome at each. */
#include <string.h>

#include "core/stack/stack.h"
#include "tests/unit/unit.h"

enum { STEPS = 4, CONTROLS = 4, RESULTS = ATT_RESULT_COUNT + 2 };

/* Two values outside the list stand for every unknown code. */
static att_result outcome(int number)
{
    return number < ATT_RESULT_COUNT ? number : number == ATT_RESULT_COUNT ? -7 : 4711;
}

struct world {
    struct att_config_step configs[STEPS];
    struct att_stack_step steps[STEPS];
    struct att_stack stack;
    att_result answers[STEPS];
    bool asked[STEPS];
};

static att_result answer(void *context, const struct att_stack_step *step)
{
    struct world *world = context;
    ptrdiff_t number = step - world->steps;

    world->asked[number] = true;
    return world->answers[number];
}

static void set_up(struct world *world, size_t count)
{
    memset(world, 0, sizeof *world);
    for (size_t i = 0; i < STEPS; i++) {
        memset(world->configs[i].on, -1, sizeof world->configs[i].on);
        world->steps[i].config = &world->configs[i];
    }
    world->stack = (struct att_stack){"s", world->steps, count};
}

static att_result run(struct world *world)
{
    memset(world->asked, 0, sizeof world->asked);
    return att_stack_run(&world->stack, answer, NULL, world, NULL);
}

/* The table of configuration.md, as its prose says it and not as the code has it. */
static enum att_action expected_action(enum att_control control, att_result result)
{
    bool soft = result == ATT_RESULT_NONE || result == ATT_RESULT_NOT_FOUND || result == ATT_RESULT_UNAVAILABLE ||
                result == ATT_RESULT_DEADLINE || result == ATT_RESULT_EXPIRED || result == ATT_RESULT_REAUTH ||
                result == ATT_RESULT_REVOKED;

    if (result < 0 || result >= ATT_RESULT_COUNT)
        return ATT_ACTION_DIE;
    if (result == ATT_RESULT_OK)
        return control == ATT_CONTROL_SUFFICIENT ? ATT_ACTION_DONE : ATT_ACTION_OK;
    if (control == ATT_CONTROL_REQUISITE)
        return ATT_ACTION_DIE;
    if (control == ATT_CONTROL_REQUIRED)
        return ATT_ACTION_BAD;
    if (soft)
        return ATT_ACTION_IGNORE;
    return control == ATT_CONTROL_SUFFICIENT ? ATT_ACTION_DIE : ATT_ACTION_BAD;
}

static void the_table_is_that_of_the_specification(void **state)
{
    struct world world;

    (void)state;
    set_up(&world, 1);
    for (int control = 0; control < CONTROLS; control++)
        for (int number = 0; number < RESULTS; number++) {
            world.configs[0].control = (enum att_control)control;
            assert_int_equal(att_stack_action(&world.configs[0], outcome(number)),
                             expected_action((enum att_control)control, outcome(number)));
        }
}

/* The specification run step by step, by definition: what is granted, and which failure is told. */
static att_result expected(const struct world *world)
{
    att_result first_bad = ATT_RESULT_OK, last_ignored = ATT_RESULT_NONE;
    bool any_bad = false, any_ok = false;

    for (size_t i = 0; i < world->stack.count; i++) {
        enum att_action action = expected_action(world->configs[i].control, world->answers[i]);
        if (action == ATT_ACTION_OK || action == ATT_ACTION_DONE)
            any_ok = true;
        if (action == ATT_ACTION_IGNORE)
            last_ignored = world->answers[i];
        if ((action == ATT_ACTION_BAD || action == ATT_ACTION_DIE) && !any_bad) {
            any_bad = true;
            first_bad = world->answers[i];
        }
        if (action == ATT_ACTION_DONE || action == ATT_ACTION_DIE)
            break;
    }
    return any_bad ? first_bad : any_ok ? ATT_RESULT_OK : last_ignored;
}

static void check_laws(struct world *world)
{
    att_result result = run(world);
    bool said_ok = false;

    for (size_t i = 0; i < world->stack.count; i++)
        said_ok = said_ok || (world->asked[i] && world->answers[i] == ATT_RESULT_OK);
    if (result != expected(world))
        fail_msg("a stack of %zu answered %d, not %d", world->stack.count, result, expected(world));
    if (result == ATT_RESULT_OK && !said_ok)
        fail_msg("granted although no step said OK");
    for (size_t i = 0; i < world->stack.count && result == ATT_RESULT_OK; i++) {
        enum att_action action = att_stack_action(&world->configs[i], world->answers[i]);
        if (world->asked[i] && (action == ATT_ACTION_BAD || action == ATT_ACTION_DIE))
            fail_msg("granted although step %zu was bad", i);
    }
    for (size_t i = 0; i < world->stack.count && result == ATT_RESULT_OK; i++) {
        att_result saved = world->answers[i];
        world->answers[i] = ATT_RESULT_OK;
        if (run(world) != ATT_RESULT_OK)
            fail_msg("turning step %zu into OK turned a grant into a denial", i);
        world->answers[i] = saved;
    }
}

/* Outcomes with one column in the table behave alike, so four steps are enumerated over one of each column and three
 * steps over every single outcome. */
static void enumerate(size_t count, const att_result *results, size_t result_count)
{
    struct world world;
    size_t kinds = CONTROLS * result_count, total = 1;

    set_up(&world, count);
    for (size_t i = 0; i < count; i++)
        total *= kinds;
    for (size_t number = 0; number < total; number++) {
        size_t rest = number;
        for (size_t i = 0; i < count; i++, rest /= kinds) {
            world.configs[i].control = (enum att_control)(rest % kinds / result_count);
            world.answers[i] = results[rest % kinds % result_count];
        }
        check_laws(&world);
    }
}

static void the_laws_hold_for_every_outcome_in_stacks_of_up_to_three_steps(void **state)
{
    att_result results[RESULTS];

    (void)state;
    for (int i = 0; i < RESULTS; i++)
        results[i] = outcome(i);
    for (size_t count = 0; count <= 3; count++)
        enumerate(count, results, RESULTS);
}

static void the_laws_hold_for_every_kind_of_outcome_in_stacks_of_four_steps(void **state)
{
    static const att_result results[] = {
        ATT_RESULT_OK, ATT_RESULT_NONE, ATT_RESULT_UNAVAILABLE, ATT_RESULT_EXPIRED, ATT_RESULT_DENIED, ATT_RESULT_FAULT,
        4711};

    (void)state;
    enumerate(4, results, ATT_COUNT(results));
}

static void the_laws_hold_with_every_single_cell_overridden(void **state)
{
    struct world world;

    (void)state;
    set_up(&world, 2);
    for (int control = 0; control < CONTROLS * CONTROLS; control++)
        for (int cell = 0; cell < ATT_RESULT_COUNT; cell++)
            for (int8_t action = 0; action <= ATT_ACTION_DIE; action++)
                for (int first = 0; first < RESULTS; first++)
                    for (int second = 0; second < RESULTS; second++) {
                        att_result result;
                        world.configs[0].control = (enum att_control)(control % CONTROLS);
                        world.configs[1].control = (enum att_control)(control / CONTROLS);
                        world.answers[0] = outcome(first);
                        world.answers[1] = outcome(second);
                        world.configs[0].on[cell] = action;
                        result = run(&world);
                        world.configs[0].on[cell] = -1;
                        if (result == ATT_RESULT_OK)
                            assert_true((world.asked[0] && world.answers[0] == ATT_RESULT_OK) ||
                                        (world.asked[1] && world.answers[1] == ATT_RESULT_OK));
                    }
}

static void an_empty_stack_denies(void **state)
{
    struct world world;

    (void)state;
    set_up(&world, 0);
    assert_int_equal(run(&world), ATT_RESULT_NONE);
}

static void a_substack_counts_as_one_step_and_names_the_step_inside(void **state)
{
    struct world world;
    struct att_stack inner;
    struct att_stack_step outer[2];
    struct att_stack stack = {"outer", outer, 2};
    const struct att_stack_step *culprit = NULL;

    (void)state;
    set_up(&world, 2);
    inner = world.stack;
    outer[0] = (struct att_stack_step){.config = &world.configs[2], .substack = &inner};
    outer[1] = world.steps[3];
    world.configs[2].control = ATT_CONTROL_REQUIRED;
    world.answers[0] = ATT_RESULT_OK;
    world.answers[1] = ATT_RESULT_EXPIRED;
    stack.count = 1;
    assert_int_equal(att_stack_run(&stack, answer, NULL, &world, &culprit), ATT_RESULT_EXPIRED);
    assert_ptr_equal(culprit, &world.steps[1]);
    world.answers[1] = ATT_RESULT_OK;
    assert_int_equal(att_stack_run(&stack, answer, NULL, &world, &culprit), ATT_RESULT_OK);
    assert_null(culprit);
}

static void the_culprit_is_the_first_bad_step_else_the_last_ignored(void **state)
{
    struct world world;
    const struct att_stack_step *culprit = NULL;

    (void)state;
    set_up(&world, 3);
    world.configs[0].control = ATT_CONTROL_OPTIONAL;
    world.configs[1].control = ATT_CONTROL_REQUIRED;
    world.configs[2].control = ATT_CONTROL_REQUIRED;
    world.answers[0] = ATT_RESULT_NONE;
    world.answers[1] = ATT_RESULT_REVOKED;
    world.answers[2] = ATT_RESULT_FAULT;
    assert_int_equal(att_stack_run(&world.stack, answer, NULL, &world, &culprit), ATT_RESULT_REVOKED);
    assert_ptr_equal(culprit, &world.steps[1]);
    world.configs[1].control = world.configs[2].control = ATT_CONTROL_OPTIONAL;
    world.answers[1] = ATT_RESULT_UNAVAILABLE;
    world.answers[2] = ATT_RESULT_NOT_FOUND;
    assert_int_equal(att_stack_run(&world.stack, answer, NULL, &world, &culprit), ATT_RESULT_NOT_FOUND);
    assert_ptr_equal(culprit, &world.steps[2]);
}

static void names_are_those_of_the_configuration(void **state)
{
    (void)state;
    assert_string_equal(att_result_name(ATT_RESULT_NOT_FOUND), "NOT_FOUND");
    assert_string_equal(att_result_name(ATT_RESULT_PENDING), "PENDING");
    assert_string_equal(att_result_name(99), "FAULT");
    assert_string_equal(att_control_name(ATT_CONTROL_SUFFICIENT), "sufficient");
    assert_string_equal(att_action_name(ATT_ACTION_DIE), "die");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_that_of_the_specification),
        cmocka_unit_test(the_laws_hold_for_every_outcome_in_stacks_of_up_to_three_steps),
        cmocka_unit_test(the_laws_hold_for_every_kind_of_outcome_in_stacks_of_four_steps),
        cmocka_unit_test(the_laws_hold_with_every_single_cell_overridden),
        cmocka_unit_test(an_empty_stack_denies),
        cmocka_unit_test(a_substack_counts_as_one_step_and_names_the_step_inside),
        cmocka_unit_test(the_culprit_is_the_first_bad_step_else_the_last_ignored),
        cmocka_unit_test(names_are_those_of_the_configuration),
    };

    return cmocka_run_group_tests_name("stack", tests, NULL, NULL);
}
