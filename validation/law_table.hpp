#pragma once

#include <ostream>
#include <vector>

#include "validation/law.hpp"

namespace lvtino {

/// One row a law: verdict, subject, law, residual, bound, witness.
void print_laws(std::ostream& out, const std::vector<LawReport>& laws);

}  // namespace lvtino
