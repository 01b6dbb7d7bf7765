#include "lvtino/core/parallel.hpp"

#include <ATen/Parallel.h>

#include <vector>

namespace lvtino {

void parallel_for(std::int64_t count, std::int64_t grain,
                  const std::function<void(std::int64_t, std::int64_t)>& body) {
  at::parallel_for(0, count, grain, body);
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

int thread_count() { return at::get_num_threads(); }
void set_thread_count(int threads) { at::set_num_threads(threads); }

}  // namespace lvtino
