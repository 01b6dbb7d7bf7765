#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

namespace lvtino {

/// Runs every clip of a spec in a temporary folder and says what each stage cost: calls, seconds,
/// peak resident memory; prior evaluations; total seconds. One object a clip.
/// Throws SpecError, IoError, NumericalError.
nlohmann::ordered_json profile_spec(const std::string& path,
                                    const std::vector<std::string>& changes);

/// The same as a table.
void print_profile(std::ostream& out, const nlohmann::ordered_json& profile);

}  // namespace lvtino
