/* SPDX-License-Identifier: BSD-2-Clause */
/* signalfd(2) and poll(2). The descriptors live until the program ends, as the blocked signals do.
 */
#include "ctl/interrupt.h"

#include "util/clock.h"

#include <assert.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define FDS_MAX 4

int interrupt_open(const int *signals)
{
	sigset_t set;

	sigemptyset(&set);
	for (; *signals; signals++)
		sigaddset(&set, *signals);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int interrupt_open_end(void)
{
	return interrupt_open((const int[]){SIGINT, SIGTERM, SIGHUP, 0});
}

int interrupt_take(int fd)
{
	struct signalfd_siginfo info;

	if (fd < 0 || read(fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	return (int)info.ssi_signo;
}

int interrupt_wait(const int *fds, size_t n, uint64_t until_ns)
{
	struct pollfd polls[FDS_MAX];
	uint64_t now = clock_now_ns();
	struct timespec left = {0};

	assert(n <= FDS_MAX);
	for (size_t i = 0; i < n; i++)
		polls[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	if (now < until_ns)
		left = (struct timespec){
			(time_t)((until_ns - now) / NS_PER_S), (long)((until_ns - now) % NS_PER_S)};
	if (ppoll(polls, n, &left, NULL) <= 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (polls[i].revents)
			return (int)i;
	return -1;
}
