#pragma once

#include <vector>

#include "lvtino/core/rng.hpp"
#include "operators/stack_operator.hpp"
#include "validation/law.hpp"

namespace lvtino {

// Laws of operators that are made of operators. They hold however the whole is computed: fused
// maps, pushed through stacks, or one part after the other.

/// `whole` is its stages, the first acting first: A x = A_n (... A_1 x) and A'y = A_1' (... A_n'y).
LawReport composition(const LinearOperator& whole, const std::vector<OperatorPtr>& stages,
                      const Rng& rng);
/// (A_3 A_2) A_1 = A_3 (A_2 A_1), on both sides of the operator, wherever the chain is cut.
LawReport associativity(const std::vector<OperatorPtr>& stages, const Rng& rng);
/// `stack` is its parts: A x holds the values of A_p x one part after the other, sample by sample,
/// and A'y = sum over p of A_p'y_p, y_p as `split` gives it.
LawReport stacking(const StackOperator& stack, const Rng& rng);
/// Two measurements of one video by `a` with noise of sigma are one, their mean, with noise of
/// sigma / sqrt(2): the data prox of the stack of a and a against that of a.
LawReport repeated_measurement(const OperatorPtr& a, double sigma, double gamma, const Rng& rng);

}  // namespace lvtino
