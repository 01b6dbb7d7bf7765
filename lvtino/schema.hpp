#pragma once

#include <ostream>

#include "lvtino/core/json.hpp"

namespace lvtino {

/// JSON Schema (2020-12) of the whole spec, drawn from what the readers ask for: one definition for
/// each entry of each table.
Json spec_schema();

/// Every entry of every table with its one-line summary and an example.
void print_tables(std::ostream& out);

}  // namespace lvtino
