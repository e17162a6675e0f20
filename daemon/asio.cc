// SPDX-License-Identifier: Apache-2.0
// The event loop library, compiled once (ASIO_SEPARATE_COMPILATION).
#include <asio/impl/src.hpp>
#include <asio/ssl/impl/src.hpp>
