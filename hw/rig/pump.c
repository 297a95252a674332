/*
 * What stands behind the valves: pump SLOW FAST ALIVE SLOW_HZ FAST_HZ AFTER CHANNEL [CHANNEL]
 * Looks at the valves' lines every millisecond and pulses the channels' lines while one is open; AFTER more pulses
 * come once both are closed. A line of standard input is an order: "stray N" lets N pulses leak through closed valves,
 * "deaf" silences the second channel, "rates SLOW_HZ FAST_HZ AFTER" changes the flow, anything else only asks. Each is
 * answered with a line of JSON: the pulses so far, whether a valve is open, when the last one closed (CLOCK_MONOTONIC,
 * milliseconds), the edges seen on the line ALIVE.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000LL
#define LOOK_NS 1000000LL

static int channels[2], channel_count, deaf;
static long pulses, after, edges, strays;
static double slow_hz, fast_hz;

static long long now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void sleep_until(long long ns) {
  struct timespec until = {ns / NS_PER_S, ns % NS_PER_S};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) continue;
}

static int open_line(const char *line, const char *attribute, int mode) {
  char pattern[128];
  glob_t found;
  snprintf(pattern, sizeof pattern, "/sys/devices/platform/gpio-sim.*/gpiochip*/sim_gpio%s/%s", line, attribute);
  if (glob(pattern, 0, NULL, &found) != 0) {
    fprintf(stderr, "pump: there is no simulated line %s\n", line);
    exit(1);
  }
  int fd = open(found.gl_pathv[0], mode);
  globfree(&found);
  return fd;
}

static int high(int fd) {
  char level = '0';
  return pread(fd, &level, 1, 0) == 1 && level == '1';
}

static void pull(const char *to) {
  for (int i = 0; i < channel_count; i++)
    if (!(i == 1 && deaf) && pwrite(channels[i], to, strlen(to), 0) < 0) exit(1);
}

static void obey(char *order, int open, long long closed_ns) {
  long count;
  if (sscanf(order, "stray %ld", &count) == 1) strays += count;
  else if (strncmp(order, "deaf", 4) == 0) deaf = 1;
  else sscanf(order, "rates %lf %lf %ld", &slow_hz, &fast_hz, &after);
  printf("{\"pulses\":%ld,\"open\":%s,\"closedMs\":%lld,\"aliveEdges\":%ld}\n", pulses, open ? "true" : "false",
         closed_ns / 1000000, edges);
  fflush(stdout);
}

int main(int argc, char **argv) {
  if (argc < 8 || argc > 9)
    return fprintf(stderr, "usage: pump SLOW FAST ALIVE SLOW_HZ FAST_HZ AFTER CHANNEL [CHANNEL]\n"), 2;
  int slow = open_line(argv[1], "value", O_RDONLY), fast = open_line(argv[2], "value", O_RDONLY);
  int alive = open_line(argv[3], "value", O_RDONLY), alive_was = high(alive), was_open = 0, up = 0;
  slow_hz = atof(argv[4]), fast_hz = atof(argv[5]), after = atol(argv[6]);
  for (int i = 7; i < argc; i++) channels[channel_count++] = open_line(argv[i], "pull", O_WRONLY);
  long trailing = 0;
  long long closed_ns = 0, edge_ns = 0;
  for (long long at_ns = now_ns();; at_ns += LOOK_NS) {
    sleep_until(at_ns);
    int is_slow = high(slow), is_fast = high(fast), is_open = is_slow || is_fast;
    if (was_open && !is_open) trailing = after, closed_ns = now_ns();
    was_open = is_open;
    if (high(alive) != alive_was) alive_was = !alive_was, edges++;
    double hz = is_fast ? fast_hz : slow_hz;
    int flows = is_open || trailing > 0 || strays > 0;
    if (!up && !flows) edge_ns = at_ns;
    for (; hz > 0 && edge_ns <= at_ns && (flows || up); edge_ns += (long long)(NS_PER_S / hz / 2)) {
      pull(up ? "pull-down" : "pull-up");
      if (!up) {
        pulses++;
        if (!is_open && trailing > 0) trailing--;
        else if (!is_open && strays > 0) strays--;
      }
      up = !up;
      flows = is_open || trailing > 0 || strays > 0;
    }
    struct pollfd input = {0, POLLIN, 0};
    if (poll(&input, 1, 0) > 0) {
      char order[128];
      if (fgets(order, sizeof order, stdin) == NULL) return 0;
      obey(order, is_open, closed_ns);
    }
    if (now_ns() - at_ns > 20 * LOOK_NS) at_ns = now_ns();
  }
}
