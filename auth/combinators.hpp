#pragma once

#include "auth/node.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace headgate::auth {

// Every member must hold; tried from cheap to dear, the time after the addresses.
class all_node final : public node {
public:
    all_node(check const& from, std::string name, std::vector<node_ptr> members);

    [[nodiscard]] std::vector<fetch> needs(exam& of) const override;
    [[nodiscard]] bool may_need() const override;
    [[nodiscard]] bool was_given(exam const& of) const override;
    [[nodiscard]] cost costs() const override;
    void name_keys(std::vector<std::string>& into) const override;

protected:
    [[nodiscard]] result<proof> examine(exam& of) const override;

private:
    using proofs = std::vector<std::optional<proof>>;  // By the places of the members.

    [[nodiscard]] result<void> prove(std::span<node const* const> some, exam& of, proofs& into) const;

    std::vector<node_ptr> members_;     // As written.
    std::vector<node const*> by_cost_;  // The order they are tried in.
    std::size_t addresses_ = 0;         // So many of those look at the address alone.
    node const* last_needy_ = nullptr;  // Of those that may need something; null without one.
};

// The first member that holds decides, in the order that is written: which one it is stands in the identity,
// and a sender who fails them all costs the same in any order.
class any_node final : public node {
public:
    any_node(check const& from, std::string name, std::vector<node_ptr> members);

    [[nodiscard]] std::vector<fetch> needs(exam& of) const override;
    [[nodiscard]] bool may_need() const override;
    [[nodiscard]] bool was_given(exam const& of) const override;
    [[nodiscard]] cost costs() const override;
    void name_keys(std::vector<std::string>& into) const override;

protected:
    [[nodiscard]] result<proof> examine(exam& of) const override;

private:
    std::vector<node_ptr> members_;
};

// Holds when an array is not empty and every item of it passes.
class each_node final : public node {
public:
    each_node(check const& from, std::string name, node_ptr item);

    [[nodiscard]] cost costs() const override { return item_->costs(); }
    void name_keys(std::vector<std::string>& into) const override { item_->name_keys(into); }

protected:
    [[nodiscard]] result<proof> examine(exam& of) const override;

private:
    each_check const& is_;
    node_ptr item_;
};

// `verify: none`, spelled out.
class nothing_node final : public node {
public:
    explicit nothing_node(check const& from) : node{from, "none"} {}
    [[nodiscard]] cost costs() const override { return cost::address; }

protected:
    [[nodiscard]] result<proof> examine(exam& of) const override;
};

}  // namespace headgate::auth
