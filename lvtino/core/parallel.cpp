#include "lvtino/core/parallel.hpp"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <omp.h>

#include <vector>

// MKL, where libtorch has it. It splits long sums by the number of threads that it might use, even
// where it uses one; other libraries do not have the function, and no such habit is known of them.
extern "C" int MKL_Set_Num_Threads_Local(int threads) __attribute__((weak));

namespace lvtino {

void parallel_for(std::int64_t count, std::int64_t grain,
                  const std::function<void(std::int64_t, std::int64_t)>& body) {
  // Inference mode is a state of each thread; the others take it over.
  const bool inference = c10::InferenceMode::is_enabled();
  at::parallel_for(0, count, grain, [&](std::int64_t begin, std::int64_t end) {
    const c10::InferenceMode mode(inference);
    body(begin, end);
  });
}

double parallel_sum(std::int64_t count, const std::function<double(std::int64_t)>& partial) {
  std::vector<double> sums(static_cast<std::size_t>(count));
  at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) sums[static_cast<std::size_t>(i)] = partial(i);
  });
  double total = 0;
  for (double sum : sums) total += sum;
  return total;
}

// The number of threads of OpenMP is this thread's own.
SingleThreaded::SingleThreaded()
    : before_(omp_get_max_threads()),
      products_before_(MKL_Set_Num_Threads_Local ? MKL_Set_Num_Threads_Local(1) : 0) {
  omp_set_num_threads(1);
}

SingleThreaded::~SingleThreaded() {
  omp_set_num_threads(before_);
  if (MKL_Set_Num_Threads_Local) MKL_Set_Num_Threads_Local(products_before_);
}

int thread_count() { return at::get_num_threads(); }
void set_thread_count(int threads) { at::set_num_threads(threads); }

}  // namespace lvtino
