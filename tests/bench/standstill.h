// SPDX-License-Identifier: Apache-2.0
// Notes when a processor stood still. The host of a virtual machine takes it away for tenths of a second at times; what
// was measured meanwhile says nothing of what was measured.
#pragma once

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <deque>
#include <thread>
#include <vector>

namespace seimon::bench {

using Clock = std::chrono::steady_clock;

// A thread on each processor, before all others there, looks at the clock each millisecond.
class StandstillWatch {
 public:
  StandstillWatch() {
    const auto processors = static_cast<std::size_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
    for (std::size_t processor = 0; processor < processors; ++processor) {
      std::vector<Gap>& gaps = gaps_.emplace_back();
      threads_.emplace_back([this, processor, &gaps] { watch(processor, gaps); });
    }
  }
  StandstillWatch(const StandstillWatch&) = delete;
  StandstillWatch& operator=(const StandstillWatch&) = delete;
  ~StandstillWatch() { stop(); }

  void stop() {
    stopping_ = true;
    for (std::thread& thread : threads_)
      if (thread.joinable()) thread.join();
  }
  // REQUIRES stop().
  [[nodiscard]] bool stood_still(Clock::time_point begin, Clock::time_point end) const {
    return std::any_of(gaps_.begin(), gaps_.end(), [&](const std::vector<Gap>& gaps) {
      return std::any_of(gaps.begin(), gaps.end(), [&](const Gap& gap) { return gap.begin < end && begin < gap.end; });
    });
  }

 private:
  struct Gap {
    Clock::time_point begin;
    Clock::time_point end;
  };
  static constexpr auto kTick = std::chrono::milliseconds(1);
  static constexpr auto kGap = std::chrono::milliseconds(3);

  void watch(std::size_t processor, std::vector<Gap>& gaps) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    const sched_param before_others{10};
    (void)pthread_setaffinity_np(pthread_self(), sizeof one, &one);
    (void)pthread_setschedparam(pthread_self(), SCHED_FIFO, &before_others);
    for (auto last = Clock::now(); !stopping_;) {
      std::this_thread::sleep_for(kTick);
      const auto now = Clock::now();
      if (now - last > kGap) gaps.push_back({last + kTick, now});
      last = now;
    }
  }

  std::atomic<bool> stopping_{false};
  std::deque<std::vector<Gap>> gaps_;
  std::vector<std::thread> threads_;
};

// "successes, those that count, p50, p95, p99, how many a second": of `times`, in microseconds.
inline void print_times(int good, std::vector<double> times, double a_second) {
  std::sort(times.begin(), times.end());
  const auto part = [&](double share) {
    return times.empty() ? 0 : times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))];
  };
  std::printf("%d %zu %.0f %.0f %.0f %.0f\n", good, times.size(), part(0.5), part(0.95), part(0.99), a_second);
}

inline double microseconds(Clock::duration time) { return std::chrono::duration<double, std::micro>(time).count(); }

}  // namespace seimon::bench
