#pragma once

#include <cstdint>
#include <functional>

namespace lvtino {

/// Runs `body(begin, end)` over disjoint ranges that cover [0, count), each at least `grain` long
/// (but the last), on the intra-op thread pool. Kernels see this instead of ATen's header, which
/// would cost them seconds of compile time.
void parallel_for(std::int64_t count, std::int64_t grain,
                  const std::function<void(std::int64_t, std::int64_t)>& body);

/// Sum over [0, count) of `partial(i)`; the partial sums are added in index order, so the result
/// has the same bits for any number of threads.
double parallel_sum(std::int64_t count, const std::function<double(std::int64_t)>& partial);

/// While it lives, everything that this thread calls runs on this thread alone. A library that cuts
/// its sums by the number of threads then gives the same bits for any number of them.
class SingleThreaded {
 public:
  SingleThreaded();
  ~SingleThreaded();
  SingleThreaded(const SingleThreaded&) = delete;
  SingleThreaded& operator=(const SingleThreaded&) = delete;

 private:
  int before_, products_before_;
};

int thread_count();
void set_thread_count(int threads);

}  // namespace lvtino
