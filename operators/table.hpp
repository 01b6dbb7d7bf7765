#pragma once

#include "lvtino/core/registry.hpp"
#include "operators/linear_operator.hpp"

namespace lvtino {

using OperatorFactory = OperatorPtr(const SpecReader&, const Shape& domain, const Placement&);

/// Every forward operator by name.
const Registry<OperatorFactory>& operator_table();

}  // namespace lvtino
