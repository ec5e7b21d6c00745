/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pcap_compile() runs in a thread of its own, because a name server that does not answer would stop
 * the control thread for as long. A thread that is given up owns its struct compiler, and frees it
 * whenever it gets through.
 */
#include "capture/filter.h"

#include "util/text.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define COMPILE_MAX_MS 250

struct capture_filter {
	struct bpf_program program;
};

struct compiler {
	char expression[CAPTURE_FILTER_MAX + 1];
	struct capture_filter *filter; /* NULL: it failed, problem says why */
	char problem[PCAP_ERRBUF_SIZE];
	atomic_bool one_is_done; /* the second of the two that use it frees it */
};

static void compiler_put(struct compiler *compiler)
{
	if (!atomic_exchange(&compiler->one_is_done, true))
		return;
	capture_filter_free(compiler->filter);
	free(compiler);
}

static void *compile(void *arg)
{
	struct compiler *compiler = arg;
	struct capture_filter *filter = calloc(1, sizeof(*filter));
	/* As if every frame were kept whole: what is cut off is cut off afterwards. */
	pcap_t *ethernet = pcap_open_dead(DLT_EN10MB, UINT16_MAX);

	if (!filter || !ethernet) {
		text_copy(compiler->problem, sizeof(compiler->problem), "out of memory");
	} else if (pcap_compile(ethernet, &filter->program, compiler->expression, 1,
			   PCAP_NETMASK_UNKNOWN) != 0) {
		text_copy(compiler->problem, sizeof(compiler->problem), pcap_geterr(ethernet));
	} else {
		compiler->filter = filter;
		filter = NULL;
	}
	free(filter);
	if (ethernet)
		pcap_close(ethernet);
	compiler_put(compiler);
	return NULL;
}

/* Runs the compiler for as long as it may take. 0, or a positive errno: ETIMEDOUT. */
static int compiler_run(struct compiler *compiler)
{
	pthread_t thread;
	int rc;

	rc = pthread_create(&thread, NULL, compile, compiler);
	if (rc) {
		atomic_store(&compiler->one_is_done, true);
		return rc;
	}
	for (int ms = 0; ms < COMPILE_MAX_MS && !atomic_load(&compiler->one_is_done); ms++)
		poll(NULL, 0, 1);
	if (atomic_load(&compiler->one_is_done))
		return pthread_join(thread, NULL);
	pthread_detach(thread);
	return ETIMEDOUT;
}

static int refuse(const char *expression, int rc, const char *problem, struct error *err)
{
	if (rc == ETIMEDOUT) {
		error_set(err, ETIMEDOUT, ERROR_INVALID, "filter",
			"looking up the names in \"%.200s\" takes too long", expression);
		error_hint(err, "write addresses instead of host names");
		return -ETIMEDOUT;
	}
	if (rc)
		return error_set(err, rc, ERROR_INTERNAL, "filter", "no thread to compile in: %s",
			strerror(rc));
	error_set(err, EINVAL, ERROR_INVALID, "filter", "\"%.200s\": %s", expression, problem);
	error_hint(err, "as for tcpdump, \"udp and dst port 53\": man 7 pcap-filter");
	return -EINVAL;
}

int capture_filter_new(const char *expression, struct capture_filter **filter, struct error *err)
{
	struct compiler *compiler;
	int rc;

	if (strlen(expression) > CAPTURE_FILTER_MAX)
		return error_set(err, E2BIG, ERROR_INVALID, "filter",
			"it has %zu bytes, at most %d can be", strlen(expression),
			CAPTURE_FILTER_MAX);
	compiler = calloc(1, sizeof(*compiler));
	if (!compiler)
		return error_set(err, ENOMEM, ERROR_INTERNAL, NULL, "out of memory");
	text_copy(compiler->expression, sizeof(compiler->expression), expression);
	rc = compiler_run(compiler);
	if (rc == 0 && compiler->filter) {
		*filter = compiler->filter;
		compiler->filter = NULL;
	} else {
		rc = refuse(expression, rc, rc == 0 ? compiler->problem : "", err);
	}
	compiler_put(compiler);
	return rc;
}

void capture_filter_free(struct capture_filter *filter)
{
	if (!filter)
		return;
	pcap_freecode(&filter->program);
	free(filter);
}

bool capture_filter_accepts(const struct capture_filter *filter, const uint8_t *frame, uint32_t len)
{
	return bpf_filter(filter->program.bf_insns, frame, len, len) != 0;
}
