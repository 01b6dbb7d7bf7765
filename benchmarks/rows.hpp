#pragma once

#include <memory>

#include "benchmarks/workload.hpp"

namespace lvtino {

/// Registers every row with Google Benchmark: what the tables of operators and priors list,
/// Problems A, B and C, the proxes, total variation, random numbers and a whole run of the sampler.
///
/// Memory-bound rows have counters: bytes (the least that must move, read for ownership not
/// counted), GB/s, and share, that bandwidth over `roof` (bytes a second). Like the roof they are
/// those of the fastest pass (fastest_ms), which other load on the machine disturbs least. The joint proxes, to a
/// relative duality gap of 1e-4, count iterations and the peak of their memory in videos.
void register_rows(const std::shared_ptr<Workload>& work, double roof);

}  // namespace lvtino
