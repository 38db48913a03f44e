"""Two AWS accounts in the emulator moto, each in a region of its own: GitLab's and Factory's.

usage: two_accounts.py PORT seed           both VPCs, GitLab's route tables and security group (JSON)
       two_accounts.py PORT accept PCX     Factory accepts the request; prints its state
       two_accounts.py PORT state PCX      the state, as GitLab's account sees it
       two_accounts.py PORT routes RTB     the routes of a table, a line each: block and target
       two_accounts.py PORT rules SG       the rules of a security group, a line each
"""
import json
import sys

import boto3

URL = f"http://127.0.0.1:{sys.argv[1]}"
GITLAB = {"account": "123456789012", "region": "eu-west-1"}
FACTORY = {"account": "210987654321", "region": "us-east-1"}
ANY = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}


def client(service, region, keys):
    return boto3.client(service, region_name=region, endpoint_url=URL, **keys)


def gitlab():
    return client("ec2", GITLAB["region"], ANY)


def factory():
    role = f"arn:aws:iam::{FACTORY['account']}:role/factory"
    sts = client("sts", FACTORY["region"], ANY)
    given = sts.assume_role(RoleArn=role, RoleSessionName="factory")["Credentials"]
    keys = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }
    return client("ec2", FACTORY["region"], keys)


def seed():
    ours = gitlab()
    vpc = ours.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    tables = [ours.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2)]
    group = ours.create_security_group(GroupName="gitlab", Description="GitLab", VpcId=vpc)["GroupId"]
    theirs = factory().create_vpc(CidrBlock="10.64.0.0/16")["Vpc"]["VpcId"]
    return {"gitlab": {**GITLAB, "vpc": vpc, "tables": tables, "group": group}, "factory": {**FACTORY, "vpc": theirs}}


def connection(ec2, pcx):
    return ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[pcx])["VpcPeeringConnections"][0]


def main():
    verb, *rest = sys.argv[2:]
    if verb == "seed":
        print(json.dumps(seed()))
    elif verb == "accept":
        accepted = factory().accept_vpc_peering_connection(VpcPeeringConnectionId=rest[0])
        print(accepted["VpcPeeringConnection"]["Status"]["Code"])
    elif verb == "state":
        print(connection(gitlab(), rest[0])["Status"]["Code"])
    elif verb == "routes":
        for route in gitlab().describe_route_tables(RouteTableIds=[rest[0]])["RouteTables"][0]["Routes"]:
            print(route.get("DestinationCidrBlock"), route.get("VpcPeeringConnectionId") or route.get("GatewayId"))
    elif verb == "rules":
        filters = [{"Name": "group-id", "Values": [rest[0]]}]
        for rule in gitlab().describe_security_group_rules(Filters=filters)["SecurityGroupRules"]:
            way = "out" if rule["IsEgress"] else "in"
            print(way, rule["IpProtocol"], rule.get("FromPort"), rule.get("CidrIpv4"))


main()
