#pragma once

#include <nlohmann/json.hpp>

#include "lvtino/plan.hpp"

namespace lvtino {

/// What the priors with networks plan to hold, and a joint prox on a GPU, as a table for people; empty
/// where there are none.
std::string memory_table(const Plan& plan);

/// The same for the report's context: {"memory_plan": [..]}, one entry a prior, and, where networks
/// computed on a GPU, "device_peak_bytes": the most that libtorch has handed out there so far.
/// Where a GPU computes the joint proxes, "joint_prox_device_bytes". Empty without all of them.
Json memory_json(const Plan& plan);

}  // namespace lvtino
