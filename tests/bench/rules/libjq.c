// One program on one event, by libjq: see run. Prints what headgate.cpp prints.

#include <jq.h>
#include <jv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char* text;
static int text_size;
static char const* source;
static jq_state* program;
static jv event;
static size_t kept;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void compile(void) {
    jq_state* made = jq_init();
    kept += (size_t)jq_compile(made, source);
    jq_teardown(&made);
}

static void parse(void) {
    jv read = jv_parse_sized(text, text_size);
    kept += jv_is_valid(read) ? 1 : 0;
    jv_free(read);
}

static void drain(jv input) {
    jq_start(program, input, 0);
    for (jv out = jq_next(program); jv_is_valid(out); out = jq_next(program)) {
        ++kept;
        jv_free(out);
    }
}

static void evaluate(void) {
    drain(jv_copy(event));
}
static void both(void) {
    drain(jv_parse_sized(text, text_size));
}

static int compare(void const* a, void const* b) {
    double const x = *(double const*)a;
    double const y = *(double const*)b;
    return x < y ? -1 : x > y;
}

static double measure(void (*once)(void)) {
    enum { batches = 31 };
    double took[batches];
    size_t times = 1;
    for (double first = 0; first < 2000; times *= 2) {
        double const begin = now();
        for (size_t i = 0; i < times; ++i) once();
        first = now() - begin;
    }
    for (int b = 0; b < batches; ++b) {
        double const begin = now();
        for (size_t i = 0; i < times; ++i) once();
        took[b] = (now() - begin) / (double)times;
    }
    qsort(took, batches, sizeof *took, compare);
    return took[batches / 2];
}

int main(int count, char** given) {
    if (count != 3) return EXIT_FAILURE;
    FILE* file = fopen(given[1], "rb");
    if (!file) return EXIT_FAILURE;
    fseek(file, 0, SEEK_END);
    text_size = (int)ftell(file);
    rewind(file);
    text = malloc((size_t)text_size + 1);
    if (fread(text, 1, (size_t)text_size, file) != (size_t)text_size) return EXIT_FAILURE;
    text[text_size] = 0;
    fclose(file);
    source = given[2];
    program = jq_init();
    if (!jq_compile(program, source)) return EXIT_FAILURE;
    event = jv_parse_sized(text, text_size);
    printf("%f ", measure(compile));
    printf("%f ", measure(parse));
    printf("%f ", measure(evaluate));
    printf("%f\n", measure(both));
    jq_start(program, jv_copy(event), 0);
    for (jv out = jq_next(program); jv_is_valid(out); out = jq_next(program)) {
        jv_dump(out, 0);
        printf("\n");
    }
    return kept > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
