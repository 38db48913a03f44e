//! AWS's end as Terraform.

use super::*;

#[expect(clippy::too_many_lines, reason = "it shows a whole file")]
#[test]
fn awss_end_at_factory_has_every_option_set() {
    insta::assert_snapshot!(file(&fixture::vpn(), "vpn/factory-side.tf"), @r#"
    # AWS's end of the VPN, at Factory. Made by factory-gitlab network plan.
    #
    # AWS makes the pre-shared key of each tunnel and keeps both in its Secrets Manager: none is in this file, and none
    # in Terraform's state. Give them to the other end over a protected channel.

    terraform {
      required_version = ">= 1.3"

      required_providers {
        aws = {
          source  = "hashicorp/aws"
          version = ">= 5.100"
        }
      }
    }

    provider "aws" {
      region              = var.region
      allowed_account_ids = ["123456789012"]
    }

    variable "region" {
      type        = string
      description = "The region of the VPC."
      default     = "us-east-1"
    }

    variable "vpc_id" {
      type        = string
      description = "The VPC that the VPN leads to."
      default     = "vpc-0123456789abcdef0"
    }

    variable "route_table_ids" {
      type        = list(string)
      description = "Every route table whose subnets talk to the other side of the VPN."
    }

    variable "vpn_gateway_id" {
      type        = string
      description = "The VPN gateway that the VPC has already; without one it is made."
      default     = null
    }

    resource "aws_vpn_gateway" "this" {
      count           = var.vpn_gateway_id == null ? 1 : 0
      amazon_side_asn = 64512

      tags = {
        Name = "factory-Acme"
      }
    }

    resource "aws_vpn_gateway_attachment" "this" {
      count          = var.vpn_gateway_id == null ? 1 : 0
      vpc_id         = var.vpc_id
      vpn_gateway_id = aws_vpn_gateway.this[0].id
    }

    locals {
      vpn_gateway_id = var.vpn_gateway_id == null ? aws_vpn_gateway_attachment.this[0].vpn_gateway_id : var.vpn_gateway_id
    }

    resource "aws_customer_gateway" "this" {
      type       = "ipsec.1"
      ip_address = "198.51.100.7"
      bgp_asn    = 65000

      tags = {
        Name = "factory-Acme"
      }
    }

    resource "aws_vpn_connection" "this" {
      customer_gateway_id      = aws_customer_gateway.this.id
      vpn_gateway_id           = local.vpn_gateway_id
      type                     = "ipsec.1"
      static_routes_only       = true
      preshared_key_storage    = "SecretsManager"
      outside_ip_address_type  = "PublicIpv4"
      tunnel_inside_ip_version = "ipv4"

      # AWS calls GitLab's side local, since it is the customer's to AWS.
      local_ipv4_network_cidr  = "192.168.10.0/24"
      remote_ipv4_network_cidr = "10.64.0.0/16"

      tunnel1_ike_versions                    = ["ikev2"]
      tunnel1_phase1_encryption_algorithms    = ["AES256"]
      tunnel1_phase1_integrity_algorithms     = ["SHA2-256"]
      tunnel1_phase1_dh_group_numbers         = [20]
      tunnel1_phase1_lifetime_seconds         = 28800
      tunnel1_phase2_encryption_algorithms    = ["AES256-GCM-16"]
      tunnel1_phase2_integrity_algorithms     = ["SHA2-256"]
      tunnel1_phase2_dh_group_numbers         = [20]
      tunnel1_phase2_lifetime_seconds         = 3600
      tunnel1_rekey_margin_time_seconds       = 270
      tunnel1_rekey_fuzz_percentage           = 100
      tunnel1_replay_window_size              = 1024
      tunnel1_dpd_timeout_seconds             = 30
      tunnel1_dpd_timeout_action              = "clear"
      tunnel1_startup_action                  = "add"
      tunnel1_enable_tunnel_lifecycle_control = false

      tunnel2_ike_versions                    = ["ikev2"]
      tunnel2_phase1_encryption_algorithms    = ["AES256"]
      tunnel2_phase1_integrity_algorithms     = ["SHA2-256"]
      tunnel2_phase1_dh_group_numbers         = [20]
      tunnel2_phase1_lifetime_seconds         = 28800
      tunnel2_phase2_encryption_algorithms    = ["AES256-GCM-16"]
      tunnel2_phase2_integrity_algorithms     = ["SHA2-256"]
      tunnel2_phase2_dh_group_numbers         = [20]
      tunnel2_phase2_lifetime_seconds         = 3600
      tunnel2_rekey_margin_time_seconds       = 270
      tunnel2_rekey_fuzz_percentage           = 100
      tunnel2_replay_window_size              = 1024
      tunnel2_dpd_timeout_seconds             = 30
      tunnel2_dpd_timeout_action              = "clear"
      tunnel2_startup_action                  = "add"
      tunnel2_enable_tunnel_lifecycle_control = false

      tags = {
        Name = "factory-Acme"
      }
    }

    resource "aws_vpn_connection_route" "this" {
      for_each               = toset(["192.168.10.0/24"])
      destination_cidr_block = each.value
      vpn_connection_id      = aws_vpn_connection.this.id
    }

    resource "aws_vpn_gateway_route_propagation" "this" {
      for_each       = toset(var.route_table_ids)
      route_table_id = each.value
      vpn_gateway_id = local.vpn_gateway_id
    }

    output "tunnel1_address" {
      description = "For the other end: the address of tunnel 1."
      value       = aws_vpn_connection.this.tunnel1_address
    }

    output "tunnel2_address" {
      description = "For the other end: the address of tunnel 2."
      value       = aws_vpn_connection.this.tunnel2_address
    }

    output "preshared_key_arn" {
      description = "Where Secrets Manager keeps the pre-shared keys of both tunnels."
      value       = aws_vpn_connection.this.preshared_key_arn
    }
    "#);
}
