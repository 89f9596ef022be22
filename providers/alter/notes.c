/* providers/alter/notes.c: a few short texts that a client remembers, for any number of threads. */
#include <string.h>

#include "providers/alter/inside.h"

void alter_notes_open(struct alter_notes *notes)
{
    pthread_mutex_init(&notes->lock, NULL);
    notes->count = notes->oldest = 0;
}

void alter_notes_close(struct alter_notes *notes)
{
    pthread_mutex_destroy(&notes->lock);
}

static struct alter_note *find(struct alter_notes *notes, const char *name)
{
    for (size_t i = 0; i < notes->count; i++)
        if (strcmp(notes->list[i].name, name) == 0)
            return &notes->list[i];
    return NULL;
}

void alter_notes_get(struct alter_notes *notes, const char *name, char value[ALTER_NOTE_SIZE])
{
    const struct alter_note *note;

    value[0] = '\0';
    pthread_mutex_lock(&notes->lock);
    note = find(notes, name);
    if (note)
        memcpy(value, note->value, ALTER_NOTE_SIZE);
    pthread_mutex_unlock(&notes->lock);
}

/* The oldest one, when there is no more room. */
static struct alter_note *add(struct alter_notes *notes)
{
    struct alter_note *note = &notes->list[notes->oldest];

    if (notes->count < ALTER_NOTES)
        return &notes->list[notes->count++];
    notes->oldest = (notes->oldest + 1) % ALTER_NOTES;
    return note;
}

void alter_notes_put(struct alter_notes *notes, const char *name, const char *value)
{
    size_t name_size = strlen(name) + 1, value_size = strlen(value) + 1;
    struct alter_note *note;

    if (name_size > ALTER_NOTE_SIZE || value_size > ALTER_NOTE_SIZE || value_size == 1)
        return;
    pthread_mutex_lock(&notes->lock);
    note = find(notes, name);
    if (!note)
        note = add(notes);
    memcpy(note->name, name, name_size);
    memcpy(note->value, value, value_size);
    pthread_mutex_unlock(&notes->lock);
}
