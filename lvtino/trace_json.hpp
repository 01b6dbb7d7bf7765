#pragma once

#include "lvtino/core/json.hpp"
#include "lvtino/sampler.hpp"

namespace lvtino {

/// A trace entry as the report and checkpoints hold it (seconds left out).
Json trace_to_json(const TraceEntry& entry);
/// The inverse. Throws IoError if a key is missing or of another type.
TraceEntry trace_from_json(const Json& json);

}  // namespace lvtino
