/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pinned loop: adopt → send what is due → receive → rest only when there is time for it.
 *
 * Runs in the worker's own thread, but for the functions of worker.h, which the control thread
 * calls. Invariant: the queue, the run and the trackers of a job are touched between adopting it
 * and publishing the next generation, and never after.
 */
#include "dataplane/worker.h"

#include "packet/signature.h"
#include "util/clock.h"
#include "util/cpu.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define RX_BURST  64
#define RX_PAUSES 32
/* Sleep only when the next departure is this far off, and wake this much before it. */
#define REST_MIN_NS   UINT64_C(400000)
#define REST_EARLY_NS UINT64_C(200000)
#define REST_MAX_NS   UINT64_C(10000000)
/* Poll this long after the last received frame before sleeping. */
#define RX_LINGER_NS UINT64_C(2000000)
/* How often a device is tried again while its link is down. */
#define LINK_RETRY_NS UINT64_C(1000000)

/* The worker's own view of its job; on its stack. */
struct worker_loop {
	struct worker *worker;
	const struct worker_job *job;
	uint64_t now_ns;
	uint64_t begun_ns;   /* when the job was adopted */
	uint64_t rx_last_ns; /* when the last frame came in */
	uint64_t retry_ns;   /* link down: when to try again */
	unsigned in_flight;  /* frames that the device has not completed */
	unsigned flags;
	int fault;
	int rx_fd;
};

static void notify(const struct worker *worker)
{
	uint64_t one = 1;
	ssize_t written = write(worker->notify_fd, &one, sizeof(one));

	(void)written; /* the counter is full: the control thread is awake already */
}

static void raise_flags(struct worker_loop *loop, unsigned flags)
{
	if ((loop->flags | flags) == loop->flags)
		return;
	loop->flags |= flags;
	atomic_store_explicit(&loop->worker->flags, loop->flags, memory_order_release);
	notify(loop->worker);
}

static void set_fault(struct worker_loop *loop, int fault)
{
	if (fault == loop->fault)
		return;
	loop->fault = fault;
	atomic_store_explicit(&loop->worker->fault, fault, memory_order_release);
	notify(loop->worker);
}

/* A socket whose interface goes down stays "readable" with an error until that is taken. */
static void error_take(int fd)
{
	socklen_t len = sizeof(int);
	int error;

	(void)getsockopt(
		fd, SOL_SOCKET, SO_ERROR, &error, &len); /* the link monitor knows the cause */
}

/* A wake-up may come after its job has been adopted: left there, it would end every later rest. */
static void wakeup_take(int fd)
{
	uint64_t count;
	ssize_t got = read(fd, &count, sizeof(count));

	(void)got;
}

/* Sleeps until woken, a frame arrives, or timeout_ns is over. */
static void rest(const struct worker_loop *loop, uint64_t timeout_ns)
{
	struct pollfd fds[2] = {
		{.fd = loop->worker->wake_fd, .events = POLLIN},
		{.fd = loop->rx_fd, .events = POLLIN},
	};
	struct timespec timeout = {.tv_sec = (time_t)(timeout_ns / NS_PER_S),
		.tv_nsec = (long)(timeout_ns % NS_PER_S)};

	if (ppoll(fds, loop->rx_fd >= 0 ? 2 : 1, timeout_ns == UINT64_MAX ? NULL : &timeout,
		    NULL) <= 0)
		return;
	if (fds[0].revents & POLLIN)
		wakeup_take(loop->worker->wake_fd);
	if (fds[1].revents & POLLERR)
		error_take(loop->rx_fd);
}

static void job_begin(struct worker_loop *loop, const struct worker_job *job)
{
	struct worker *worker = loop->worker;

	loop->now_ns = clock_now_ns();
	if (loop->job->run)
		run_end(loop->job->run, loop->now_ns);
	*loop = (struct worker_loop){.worker = worker,
		.job = job,
		.now_ns = loop->now_ns,
		.begun_ns = loop->now_ns,
		.rx_last_ns = loop->now_ns,
		.rx_fd = -1};
	if (job->run)
		run_begin(job->run, loop->now_ns);
	if (job->rx && job->queue->dev->ops->rx_fd)
		loop->rx_fd = job->queue->dev->ops->rx_fd(job->queue);
	atomic_store_explicit(&worker->flags, 0, memory_order_relaxed);
	atomic_store_explicit(&worker->fault, 0, memory_order_relaxed);
	mailbox_publish(&worker->mailbox, job->message.generation);
}

/* A fault that time does not heal: the device is left alone until the next job. */
static bool fault_is_final(int fault)
{
	return fault != 0 && fault != ENOBUFS && fault != ENETDOWN;
}

/* Whether frames may carry signatures that we know. */
static bool is_measuring(const struct worker_job *job)
{
	return job->sequences &&
	       (!job->measuring || atomic_load_explicit(job->measuring, memory_order_relaxed));
}

static void sequence_frame(const struct worker_job *job, const struct pktbuf *buf)
{
	struct signature signature;

	if (!signature_read(buf->data, buf->len, &signature) ||
		signature.flow >= job->sequence_count)
		return;
	sequence_add(&job->sequences[signature.flow], signature.sequence, buf->len);
}

/* One reading of the clock for all of a burst. */
static void capture_frames(struct capture_source *source, struct pktbuf *const *bufs, unsigned n)
{
	uint64_t time_ns = clock_wall_ns();

	for (unsigned i = 0; i < n; i++)
		capture_source_offer(source, time_ns, bufs[i]->data, bufs[i]->len);
}

static unsigned receive(struct worker_loop *loop)
{
	const struct worker_job *job = loop->job;
	struct netdev_queue *queue = job->queue;
	struct pktbuf *bufs[RX_BURST];
	bool measuring = is_measuring(job);
	uint64_t bytes = 0;
	unsigned n;

	queue->fault = 0;
	queue->count_only = !measuring && !job->capture;
	n = queue->dev->ops->rx_burst(queue, bufs, RX_BURST);
	if (queue->fault != 0 || !job->tx || queue->polled)
		set_fault(loop, queue->fault);
	if (n == 0)
		return 0;
	loop->rx_last_ns = loop->now_ns;
	if (job->capture)
		capture_frames(job->capture, bufs, n);
	for (unsigned i = 0; i < n; i++) {
		bytes += bufs[i]->len;
		if (measuring)
			sequence_frame(job, bufs[i]);
		pktbuf_free(bufs[i]);
	}
	counter_add(&queue->counters->frames_rx, n);
	counter_add(&queue->counters->bytes_rx, bytes);
	return n;
}

static unsigned transmit(struct worker_loop *loop)
{
	struct run *run = loop->job->run;
	struct netdev_queue *queue = loop->job->queue;
	unsigned sent = 0;

	if (loop->fault == ENETDOWN && loop->now_ns < loop->retry_ns)
		return 0;
	for (unsigned i = 0; i < run->flow_count; i++) {
		unsigned n = run_flow_step(run, &run->flows[i], queue, loop->now_ns);

		sent += n;
		if (queue->fault != 0 && queue->fault != ENOBUFS) {
			set_fault(loop, queue->fault);
			loop->retry_ns = loop->now_ns + LINK_RETRY_NS;
			return sent;
		}
		if (n > 0)
			set_fault(loop, 0);
	}
	return sent;
}

static void raise_tx_quiet(struct worker_loop *loop)
{
	if (loop->flags & WORKER_TX_QUIET)
		return;
	atomic_store_explicit(&loop->worker->quiet_ns, loop->now_ns, memory_order_relaxed);
	raise_flags(loop, WORKER_TX_QUIET);
}

/* Raises WORKER_TX_QUIET when nothing is left to send and nothing is on its way. */
static void check_tx_quiet(struct worker_loop *loop)
{
	const struct worker_job *job = loop->job;
	const struct netdev_ops *ops = job->queue->dev->ops;
	uint64_t max_ns;

	job->queue->fault = 0;
	loop->in_flight = ops->tx_reap ? ops->tx_reap(job->queue) : 0;
	max_ns = job->queue->fault ? WORKER_DRAIN_MAX_NS : WORKER_COMPLETE_MAX_NS;
	counter_set(&job->queue->counters->in_flight, loop->in_flight);
	if (job->tx && !run_finished(job->run))
		return;
	if (loop->in_flight == 0 || (!job->tx && loop->now_ns - loop->begun_ns > max_ns))
		raise_tx_quiet(loop);
}

static void check_rx_quiet(struct worker_loop *loop)
{
	if (!loop->job->rx || loop->fault != 0 ||
		loop->now_ns - loop->rx_last_ns >= WORKER_QUIET_NS ||
		loop->now_ns - loop->begun_ns >= WORKER_DRAIN_MAX_NS)
		raise_flags(loop, WORKER_RX_QUIET);
}

/* Shared memory that the kernel writes to is not looked at too often: that slows the kernel down.
 */
static void breathe(const struct worker_job *job)
{
	for (unsigned i = 0; i < (job->tx ? 1 : RX_PAUSES); i++)
		cpu_relax();
}

/* Nothing moved: spin when something is near, sleep when it is not. */
static void idle(struct worker_loop *loop)
{
	const struct worker_job *job = loop->job;
	uint64_t until_ns = loop->now_ns + REST_MAX_NS, next_ns;

	breathe(job);
	if (job->rx && loop->fault == 0 &&
		(job->queue->polled || loop->now_ns - loop->rx_last_ns < RX_LINGER_NS))
		return;
	if (loop->in_flight > 0 && loop->fault == 0)
		return;
	if (job->tx && loop->fault == ENETDOWN) {
		next_ns = loop->retry_ns + REST_EARLY_NS + REST_MIN_NS;
		until_ns = next_ns < until_ns ? next_ns : until_ns;
	} else if (job->tx) {
		next_ns = run_next_ns(job->run);
		until_ns = next_ns < until_ns ? next_ns : until_ns;
	}
	if (until_ns > loop->now_ns + REST_MIN_NS)
		rest(loop, until_ns - loop->now_ns - REST_EARLY_NS);
}

static void round_of_work(struct worker_loop *loop)
{
	const struct worker_job *job = loop->job;
	struct queue_counters *counters = job->queue->counters;
	unsigned sent = 0, received = 0;

	loop->now_ns = clock_now_ns();
	counter_add(&counters->rounds, 1);
	if (fault_is_final(loop->fault)) {
		raise_tx_quiet(loop);
		raise_flags(loop, job->drain ? WORKER_RX_QUIET : 0);
		rest(loop, REST_MAX_NS);
		return;
	}
	if (job->tx)
		sent = transmit(loop);
	if (job->rx)
		received = receive(loop);
	if (sent == 0)
		check_tx_quiet(loop);
	if (job->drain)
		check_rx_quiet(loop);
	counter_set(&counters->pool_free, job->queue->pool->count);
	if (sent + received == 0)
		idle(loop);
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;
	struct worker_loop loop = {.worker = worker, .job = &worker->idle, .rx_fd = -1};
	const struct mailbox_message *message;

	prctl(PR_SET_NAME, "pktgend-worker");
	prctl(PR_SET_TIMERSLACK, 1UL);
	while (!loop.job->quit) {
		message = mailbox_look(&worker->mailbox, &loop.job->message);
		if (message)
			job_begin(&loop, (const struct worker_job *)message);
		else if (loop.job->sleep)
			rest(&loop, UINT64_MAX);
		else
			round_of_work(&loop);
	}
	return NULL;
}

int worker_new(unsigned cpu, int notify_fd, struct worker **worker)
{
	struct worker *new = aligned_alloc(CPU_CACHELINE, sizeof(*new));
	int rc;

	if (!new)
		return -ENOMEM;
	memset(new, 0, sizeof(*new));
	new->notify_fd = notify_fd;
	new->idle.sleep = true;
	new->job = &new->idle;
	mailbox_post(&new->mailbox, &new->idle.message);
	new->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (new->wake_fd < 0) {
		rc = -errno;
		free(new);
		return rc;
	}
	rc = -pthread_create(&new->thread, NULL, worker_main, new);
	if (rc == 0) {
		rc = cpu_pin(new->thread, cpu);
		if (rc == 0) {
			*worker = new;
			return 0;
		}
		worker_free(new);
		return rc;
	}
	close(new->wake_fd);
	free(new);
	return rc;
}

void worker_free(struct worker *worker)
{
	struct worker_job quit = {.quit = true};

	if (!worker)
		return;
	worker_post(worker, &quit);
	pthread_join(worker->thread, NULL);
	close(worker->wake_fd);
	free(worker);
}

void worker_post(struct worker *worker, struct worker_job *job)
{
	uint64_t one = 1;
	ssize_t written;

	job->message.generation = worker->job->message.generation + 1;
	worker->job = job;
	mailbox_post(&worker->mailbox, &job->message);
	written = write(worker->wake_fd, &one, sizeof(one));
	(void)written; /* the counter is full: the worker is awake already */
}

bool worker_adopted(struct worker *worker)
{
	return mailbox_adopted(&worker->mailbox) == worker->job->message.generation;
}

unsigned worker_flags(struct worker *worker)
{
	if (!worker_adopted(worker))
		return 0;
	return atomic_load_explicit(&worker->flags, memory_order_acquire);
}

int worker_fault(struct worker *worker)
{
	if (!worker_adopted(worker))
		return 0;
	return atomic_load_explicit(&worker->fault, memory_order_acquire);
}

uint64_t worker_quiet_ns(struct worker *worker)
{
	return atomic_load_explicit(&worker->quiet_ns, memory_order_relaxed);
}
