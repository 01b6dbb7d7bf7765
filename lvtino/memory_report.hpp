#pragma once

#include <nlohmann/json.hpp>

#include "lvtino/plan.hpp"

namespace lvtino {

/// What the priors with networks plan to hold, as a table for people; empty where there are none.
std::string memory_table(const Plan& plan);

/// The same for the report's context: {"memory_plan": [..]}, one entry a prior, and, where networks
/// computed on a GPU, "device_peak_bytes": the most that libtorch has handed out there so far.
/// Empty without such priors.
Json memory_json(const Plan& plan);

}  // namespace lvtino
