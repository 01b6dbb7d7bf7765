#pragma once

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// Texts as a text encoder takes them.
struct TokenRows {
  Tensor ids;                        ///< [M, L] int64, padded on the right
  std::vector<std::int64_t> counts;  ///< tokens of each row before the padding
};

/// Rows of at most `length` ids, padded to it.
TokenRows padded_rows(const std::vector<std::vector<std::int64_t>>& rows, std::int64_t length,
                      std::int64_t pad);

}  // namespace lvtino
